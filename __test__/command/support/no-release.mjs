export const release = async () => {};
