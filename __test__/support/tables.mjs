// The statements that create the tables in an empty database.

import { readFileSync } from "node:fs";

/** @param {string} file */
const read = (file) => readFileSync(new URL(file, import.meta.url), "utf8");

/** The tables of Paperclip 2026.427. */
export const TABLES = read("./schema.sql");

/** The tables of Paperclip 2026.916 that examples need. */
export const TABLES_OF_2026_916 = TABLES + read("./schema-2026.916.sql");
