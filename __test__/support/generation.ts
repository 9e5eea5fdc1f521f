/** The generations of Paperclip that the addon serves. */
export type Generation = "2026.427" | "2026.916";

/** Which one this test file is run for: vitest.config.mts says it. */
export const generation: Generation = process.env["GENERATION"] === "2026.916" ? "2026.916" : "2026.427";

/** Whether environments belong to companies; otherwise they belong to the instance. */
export const isByCompany = generation === "2026.427";
