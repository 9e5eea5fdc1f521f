// The statements that make the tables, for an empty database.

import { readFileSync } from "node:fs";

export const TABLES = readFileSync(new URL("./schema.sql", import.meta.url), "utf8");
