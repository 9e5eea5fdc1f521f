// The statements that make the tables, for an empty database.

import { readFileSync } from "node:fs";

/** @param {string} file */
const read = (file) => readFileSync(new URL(file, import.meta.url), "utf8");

/** Those of Paperclip 2026.427. */
export const TABLES = read("./schema.sql");

/** Those of Paperclip 2026.916, as far as examples need them. */
export const TABLES_OF_2026_916 = TABLES + read("./schema-2026.916.sql");
