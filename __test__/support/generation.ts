/** The generations of Paperclip that the addon serves. */
export type Generation = "2026.427" | "2026.916";

/** The generation that this test file runs for, as set in vitest.config.mts. */
export const generation: Generation = process.env["GENERATION"] === "2026.916" ? "2026.916" : "2026.427";

/** Whether environments belong to companies; otherwise they belong to the instance. */
export const isByCompany = generation === "2026.427";
