import { writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import {
  CA,
  CERT,
  ENCODED,
  KEY,
  SECRET,
  SETTINGS,
  URL_TEXT,
  expectRefusal,
  resolveSource,
  settingsOf,
  unseen,
  withFiles,
} from "./support.js";

const path = withFiles({ "ca.pem": CA, "cert.pem": CERT, "key.pem": KEY, "nothing.pem": SECRET });
const file = (name: string) => encodeURIComponent(path(name));

/** Does something while all objects inherit a property, as after a careless merge of somebody's input. */
function withInherited<T>(name: string, value: unknown, action: () => T): T {
  Object.defineProperty(Object.prototype, name, { value, configurable: true, writable: true });
  try {
    return action();
  } finally {
    Reflect.deleteProperty(Object.prototype, name);
  }
}

describe("a connection string", () => {
  test("in full, with the defaults", () => {
    const { owner, key, password, settings } = resolveSource(URL_TEXT);
    expect(owner).toBeNull();
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    expect(password()).toBeNull();
    expect(settings()).toEqual(SETTINGS);
  });

  test("the same as a URL, with the other scheme, with blanks around it", () => {
    const { key } = resolveSource(URL_TEXT);
    expect(resolveSource(new URL(URL_TEXT)).key).toBe(key);
    expect(resolveSource(URL_TEXT.replace("postgres:", "postgresql:")).key).toBe(key);
    expect(resolveSource(` ${URL_TEXT}\n`).key).toBe(key);
    expect(resolveSource(URL_TEXT.replace("clips", "other")).key).not.toBe(key);
    expect(resolveSource(URL_TEXT, { maxConnections: 5 }).key).not.toBe(key);
    expect(resolveSource(URL_TEXT, {}).key).toBe(key);
  });

  test.each([
    [
      "postgres://u@a:1,b:2/d",
      [
        { host: "a", port: 1 },
        { host: "b", port: 2 },
      ],
    ],
    [
      "postgres://u@a,b:2/d",
      [
        { host: "a", port: 5432 },
        { host: "b", port: 2 },
      ],
    ],
    [
      "postgres://u@a,b/d?port=3,4",
      [
        { host: "a", port: 3 },
        { host: "b", port: 4 },
      ],
    ],
    [
      "postgres://u@a,b/d?port=3",
      [
        { host: "a", port: 3 },
        { host: "b", port: 3 },
      ],
    ],
    ["postgres://u@[::1]:5/d", [{ host: "::1", port: 5 }]],
    [
      "postgres://u@[::1]:1,b:2/d",
      [
        { host: "::1", port: 1 },
        { host: "b", port: 2 },
      ],
    ],
    ["postgres://u@[2001:db8::1]/d", [{ host: "2001:db8::1", port: 5432 }]],
    ["postgres://u@%2Frun%2Fpg/d", [{ socket: "/run/pg", port: 5432 }]],
    ["postgres://u@%2Frun%2Fpg:5444/d", [{ socket: "/run/pg", port: 5444 }]],
    ["postgres://u@/d?host=/run/pg", [{ socket: "/run/pg", port: 5432 }]],
    [
      "postgres://u@/d?host=/run/pg,h&port=1,2",
      [
        { socket: "/run/pg", port: 1 },
        { host: "h", port: 2 },
      ],
    ],
    ["postgres://u@db%2Dmain.example/d", [{ host: "db-main.example", port: 5432 }]],
    ["postgres://u@[fe80::1%25eth0]:5/d", [{ host: "fe80::1%eth0", port: 5 }]],
    ["postgres:///d?host=h", [{ host: "h", port: 5432 }]],
    ["postgres://u@ignored/d?host=h", [{ host: "h", port: 5432 }]],
    ["postgres:///d", [{ host: "localhost", port: 5432 }]],
    ["postgres://:5433/d", [{ host: "localhost", port: 5433 }]],
    ["postgres://", [{ host: "localhost", port: 5432 }]],
  ])("%s", (text, hosts) => {
    expect(settingsOf(text).hosts).toEqual(hosts);
  });

  test("user, password and database, percent-encoded or in the query", () => {
    expect(settingsOf("postgres://b%40b:p%3A%2F%3Fw@h/my%20clips")).toMatchObject({
      user: "b@b",
      password: "p:/?w",
      database: "my clips",
    });
    expect(settingsOf(`postgres://h?user=u&password=${ENCODED}&dbname=d`)).toMatchObject({
      user: "u",
      password: SECRET,
      database: "d",
    });
    expect(settingsOf("postgres://u:a@b#c@h/d")).toMatchObject({
      user: "u",
      password: "a@b#c",
      hosts: [{ host: "h" }],
    });
    expect(settingsOf("postgres://u@h").database).toBe("u");
  });

  test.each([
    ["sslmode=disable", { mode: "disable" }],
    ["sslmode=allow", { mode: "prefer" }],
    ["sslmode=prefer", { mode: "prefer" }],
    ["sslmode=require", { mode: "require" }],
    ["sslmode=no-verify", { mode: "require" }],
    ["sslmode=verify-full", { mode: "verify-full" }],
    ["sslrootcert=system", { mode: "verify-full" }],
    ["sslmode=require&sslrootcert=system", { mode: "verify-full" }],
    ["ssl=true", { mode: "verify-full" }],
    ["ssl=false", { mode: "disable" }],
    ["ssl=true&sslmode=require", { mode: "require" }],
  ])("?%s", (query, tls) => {
    expect(settingsOf(`${URL_TEXT}?${query}`).tls).toEqual(tls);
  });

  test("certificates by their files", () => {
    const ca = `sslrootcert=${file("ca.pem")}`;
    const client = `sslcert=${file("cert.pem")}&sslkey=${file("key.pem")}`;
    const tlsOf = (query: string) => settingsOf(`${URL_TEXT}?${query}`).tls;
    expect(tlsOf(`sslmode=verify-full&${ca}&${client}`)).toEqual({
      mode: "verify-full",
      ca: CA,
      cert: CERT,
      key: KEY,
    });
    expect(tlsOf(`sslmode=verify-ca&${ca}`)).toEqual({ mode: "verify-ca", ca: CA });
    expect(tlsOf(`sslmode=require&${ca}`)).toEqual({ mode: "verify-ca", ca: CA });
    expect(tlsOf(`sslmode=prefer&${ca}`)).toEqual({ mode: "prefer" });
    expect(tlsOf(ca)).toEqual({ mode: "verify-full", ca: CA });
    expect(tlsOf(`sslmode=require&${client}`)).toEqual({ mode: "require", cert: CERT, key: KEY });
  });

  test.each([
    ["sslmode=verify-ca", /sslmode=verify-ca must come with sslrootcert/],
    ["sslmode=verify-fool", /sslmode must be one of/],
    ["sslmode=verify-full&sslrootcert=/nowhere", /sslrootcert must name a file that can be read \(ENOENT\)/],
    ["sslmode=require&sslcert=/nowhere&sslkey=/nowhere", /sslcert must name a file/],
    ["sslnegotiation=direct", /sslnegotiation/],
    ["channel_binding=require", /channel_binding/],
    ["gssencmode=require", /gssencmode/],
    ["requirepeer=postgres", /requirepeer/],
    ["passfile=/x", /passfile/],
    ["service=x", /service/],
    ["hostaddr=1.2.3.4", /hostaddr/],
    ["ssl_min_protocol_version=TLSv1.3", /ssl_min_protocol_version/],
    [`sslpassword=${ENCODED}`, /sslpassword/],
    ["replication=database", /replication/],
    ["client_encoding=LATIN1", /client_encoding/],
    ["target_session_attrs=writable", /target_session_attrs must be one of/],
    ["connect_timeout=soon", /connect_timeout must be a number of seconds/],
    ["prepare=perhaps", /prepare must be true or false/],
    ["port=1,2,3", /port must be one port, or one for each host/],
    ["options=-x", /options/],
    ["search_path", /name=value/],
    ["search_path=%00", /search_path/],
    ["a%20b=c", /name as PostgreSQL takes it/],
    [`${ENCODED}=%00`, /name as PostgreSQL takes it/],
  ])("?%s is refused", (query, message) => {
    expectRefusal(`${URL_TEXT}?${query}`, message);
  });

  test("a file that holds something else is not told", () => {
    expectRefusal(
      `${URL_TEXT}?sslmode=verify-full&sslrootcert=${file("nothing.pem")}`,
      /sslrootcert must hold PEM/,
    );
  });

  test("TLS over a unix socket, which libpq overlooks", () => {
    expect(settingsOf("postgres://u@/d?host=/run/pg&sslmode=require").tls).toEqual({ mode: "disable" });
    expect(settingsOf("postgres://u@/d?host=/run/pg,h&sslmode=require").tls).toEqual({ mode: "require" });
  });

  test("settings of the client's and of the session's", () => {
    const query = [
      "application_name=my+app",
      "connect_timeout=7",
      "idle_timeout=8",
      "max_lifetime=9",
      "target_session_attrs=prefer-standby",
      "options=-c%20lock_timeout%3D5%20-c%20work_mem%3D8MB",
      "lock_timeout=6",
      "search_path=a%2Cb",
      "prepare=false",
      "channel_binding=prefer",
      "keepalives=1",
      "max=20",
    ].join("&");
    expect(settingsOf(`${URL_TEXT}?${query}`)).toMatchObject({
      applicationName: "my app",
      connectTimeout: 7000,
      idleTimeout: 8000,
      maxLifetime: 9000,
      targetSessionAttrs: "prefer-standby",
      parameters: { lock_timeout: "6", search_path: "a,b", work_mem: "8MB" },
      prepare: false,
      maxConnections: 4,
    });
    expect(settingsOf(`${URL_TEXT}?connect_timeout=0&idle_timeout=-1`)).toMatchObject({
      connectTimeout: null,
      idleTimeout: null,
    });
    expect(settingsOf(`${URL_TEXT}?fallback_application_name=f`).applicationName).toBe("f");
  });

  test("a URL object with settings that were put in", () => {
    const url = new URL(URL_TEXT);
    url.searchParams.set("application_name", "a b+c");
    expect(settingsOf(url).applicationName).toBe("a b+c");
  });

  test.each([
    ["a password with a slash that is not encoded", `postgres://bob:${SECRET}@h/d`],
    ["a percent sign that encodes nothing", `postgres://bob:${SECRET.replace("/", "%")}@h/d`],
    ["a socket's directory with half an encoded character", `postgres://bob:${ENCODED}@%2Frun%E4/d`],
    ["a port that is none", `postgres://bob:${ENCODED}@h:port/d`],
    ["a port out of range", `postgres://bob:${ENCODED}@h:65536/d`],
    ["a host with a blank", `postgres://bob:${ENCODED}@h h/d`],
    ["a bracket left open", `postgres://bob:${ENCODED}@[::1/d`],
    ["brackets around something else", `postgres://bob:${ENCODED}@[${ENCODED}]/d`],
    ["another scheme", `mysql://bob:${ENCODED}@h/d`],
    ["no scheme", `host=h password=${SECRET}`],
    ["no text", ""],
  ])("%s is refused, and nothing of it is told", (_, text) => {
    expectRefusal(text, /environmentService/);
  });

  test("whatever the text is, it is read or refused, and a password in it is never told", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "postgres://",
        "@",
        ":",
        "/",
        "?",
        "&",
        "=",
        ",",
        "[",
        "]",
        "%",
        "%2F",
        "#",
        "::1",
        "port",
        "ssl",
      ),
      fc.constantFrom("options", "sslmode", "host", "-c", "\0", "\ud800", " ", SECRET, ENCODED),
      fc.string({ maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        try {
          resolveSource(`postgres://${pieces.join("")}`);
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
          expect(String((error as Error).stack)).not.toMatch(/s3cr3t|pässwörd/);
        }
      }),
      { numRuns: 3000 },
    );
  });

  test.each([
    ["host", "elsewhere"],
    ["port", "1"],
    ["user", "somebody"],
    ["password", "something"],
    ["dbname", "other"],
    ["sslmode", "require"],
    ["ssl", "true"],
    ["target_session_attrs", "standby"],
    ["application_name", "other"],
    ["sslrootcert", "/nowhere"],
    ["sslcert", "/nowhere"],
    ["sslkey", "/nowhere"],
    ["servername", "elsewhere"],
    ["statementTimeout", 9],
    ["connect_timeout", "9"],
    ["prepare", "false"],
    ["options", "-c search_path=other"],
    ["search_path", "other"],
  ])("says what it says, whatever all objects have inherited: %s", (name, value) => {
    const texts = [URL_TEXT, "postgres://bob@db.example", "postgres://", "postgres://h/d?lock_timeout=5"];
    const before = texts.map((text) => settingsOf(unseen(text)));
    const during = withInherited(name, value, () => texts.map((text) => settingsOf(unseen(text))));
    expect(during).toEqual(before);
    expect(during[0]).toEqual(SETTINGS);
  });

  test("a URL of another kind", () => {
    expectRefusal(new URL(`https://bob:${ENCODED}@h/d`), /postgres:\/\//);
  });
});

describe("the environment", () => {
  test("stands in for what is left open", () => {
    const variables = {
      PGHOST: "e1,e2",
      PGPORT: "6,7",
      PGUSER: "eu",
      PGPASSWORD: SECRET,
      PGDATABASE: "ed",
      PGAPPNAME: "ea",
      PGCONNECT_TIMEOUT: "3",
      PGTARGETSESSIONATTRS: "primary",
      PGOPTIONS: "-c search_path=e",
      PGSSLMODE: "require",
      PGIDLE_TIMEOUT: "4",
      PGMAX_LIFETIME: "5",
      PGPREPARE: "false",
    };
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    expect(settingsOf(unseen("postgres://"))).toEqual({
      hosts: [
        { host: "e1", port: 6 },
        { host: "e2", port: 7 },
      ],
      user: "eu",
      password: SECRET,
      database: "ed",
      tls: { mode: "require" },
      parameters: { search_path: "e" },
      applicationName: "ea",
      prepare: false,
      targetSessionAttrs: "primary",
      maxConnections: 4,
      connectTimeout: 3000,
      idleTimeout: 4000,
      maxLifetime: 5000,
    });
    expect(
      settingsOf(
        `${URL_TEXT}?sslmode=disable&application_name=a&connect_timeout=0&target_session_attrs=any&search_path=s` +
          "&idle_timeout=1&max_lifetime=2&prepare=true",
      ),
    ).toEqual({
      hosts: [{ host: "db.example", port: 5433 }],
      user: "bob",
      password: SECRET,
      database: "clips",
      tls: { mode: "disable" },
      parameters: { search_path: "s" },
      applicationName: "a",
      prepare: true,
      targetSessionAttrs: "any",
      maxConnections: 4,
      connectTimeout: null,
      idleTimeout: 1000,
      maxLifetime: 2000,
    });
  });

  test("knows sockets, PGUSERNAME, PGSSL and the certificates' files", () => {
    vi.stubEnv("PGHOST", "/run/pg");
    vi.stubEnv("PGUSER", "later");
    vi.stubEnv("PGUSERNAME", "first");
    vi.stubEnv("PGSSL", "require");
    expect(settingsOf(unseen("postgres:///d"))).toMatchObject({
      hosts: [{ socket: "/run/pg", port: 5432 }],
      user: "first",
      tls: { mode: "disable" },
    });
    expectRefusal(unseen("postgres:///d?sslmode=require"), /no TLS over a Unix socket/);
    expect(settingsOf(unseen("postgres://h/d")).tls).toEqual({ mode: "require" });

    vi.stubEnv("PGSSLROOTCERT", path("ca.pem"));
    vi.stubEnv("PGSSLCERT", path("cert.pem"));
    vi.stubEnv("PGSSLKEY", path("key.pem"));
    expect(settingsOf(unseen("postgres://h/d?sslmode=verify-full")).tls).toEqual({
      mode: "verify-full",
      ca: CA,
      cert: CERT,
      key: KEY,
    });
    vi.stubEnv("PGSSL", undefined);
    expect(settingsOf(unseen("postgres://h/d")).tls).toEqual({ mode: "disable" });
  });

  test("is read once for each text", () => {
    const [one, other] = [unseen("postgres://h"), unseen("postgres://h")];
    vi.stubEnv("PGUSER", "first");
    const first = resolveSource(one);
    vi.stubEnv("PGUSER", "later");
    expect(resolveSource(one)).toBe(first);
    expect(settingsOf(one).user).toBe("first");
    expect(settingsOf(other).user).toBe("later");
    expect(settingsOf(one, { maxConnections: 2 }).user).toBe("later");
  });

  test("is read again once it was forgotten, and so are the files", () => {
    const text = unseen("postgres://h/d?sslmode=verify-full");
    vi.stubEnv("PGUSER", "first");
    vi.stubEnv("PGSSLROOTCERT", path("root.pem"));
    writeFileSync(path("root.pem"), CA);
    const first = resolveSource(text);
    vi.stubEnv("PGUSER", "later");
    writeFileSync(path("root.pem"), CERT);
    expect(resolveSource(text)).toBe(first);
    first.forget();
    expect(settingsOf(text)).toMatchObject({ user: "later", tls: { mode: "verify-full", ca: CERT } });
    expect(first.settings()).toMatchObject({ user: "first", tls: { ca: CA } });
    expect(resolveSource(text).key).not.toBe(first.key);
  });

  test("is read again where a hundred other texts were seen in between", () => {
    const text = unseen("postgres://h");
    const first = resolveSource(text);
    for (let n = 0; n < 99; n++) resolveSource(unseen("postgres://h"));
    expect(resolveSource(text)).toBe(first);
    resolveSource(unseen("postgres://h"));
    expect(resolveSource(text)).not.toBe(first);
    expect(resolveSource(text).key).toBe(first.key);
  });

  test("the system's user is the last resort", () => {
    expect(settingsOf(unseen("postgres://h"))).toMatchObject({
      user: userInfo().username,
      database: userInfo().username,
    });
  });

  test("DATABASE_URL stands in for the source, and only when there is none", () => {
    expectRefusal(undefined, /DATABASE_URL is not set/);
    vi.stubEnv("DATABASE_URL", "");
    expectRefusal(undefined, /DATABASE_URL is not set/);
    vi.stubEnv("DATABASE_URL", URL_TEXT);
    expect(resolveSource(undefined).key).toBe(resolveSource(URL_TEXT).key);
    expectRefusal(null, /null/);
    vi.stubEnv("DATABASE_URL", `nonsense ${SECRET}`);
    expectRefusal(undefined, /postgres:\/\//);
  });
});
