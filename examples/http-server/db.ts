import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";

export function createDb(url: string) {
  return drizzle(postgres(url));
}

/** With `$client`, by which the service finds the database. */
export type Db = ReturnType<typeof createDb>;
