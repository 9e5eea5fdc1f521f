// The same as world.mjs, for the examples of the service of Paperclip 2026.916.

import { environmentService } from "../../2026.916.js";

export * from "./world.mjs";
export { environmentService };
export const environments = environmentService();
