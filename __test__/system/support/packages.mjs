// What the tests of this folder take from the system, and where Debian's packages put it. As a program, it prints the
// packages that are missing.

import { existsSync, realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Debian 12's PostgreSQL, the oldest that these tests know. */
export const POSTGRES_PROGRAMS = "/usr/lib/postgresql/15/bin";
export const PGBOUNCER = "/usr/sbin/pgbouncer";
export const OPENSSL = "/usr/bin/openssl";

const NEEDED = {
  "postgresql-15": `${POSTGRES_PROGRAMS}/postgres`,
  pgbouncer: PGBOUNCER,
  openssl: OPENSSL,
};

const missing = Object.entries(NEEDED)
  .filter(([, program]) => !existsSync(program))
  .map(([name]) => name);

/** Ends the process with a message that says what to do, unless all is there. */
export function requirePackages() {
  if (missing.length === 0) return;
  console.error(
    `The system tests need what is not here: ${missing.join(", ")}. On Debian 12:\n` +
      `  apt-get install -y --no-install-recommends ${missing.join(" ")}`,
  );
  process.exit(2);
}

const [, program] = process.argv;
if (program !== undefined && realpathSync(program) === fileURLToPath(import.meta.url)) {
  if (missing.length > 0) console.log(missing.join(" "));
}
