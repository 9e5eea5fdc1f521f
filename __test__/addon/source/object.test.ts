import { describe, expect, test, vi } from "vitest";
import {
  CA,
  CERT,
  KEY,
  SECRET,
  SETTINGS,
  URL_TEXT,
  expectRefusal,
  resolveSource,
  settingsOf,
} from "./support.js";

const WITHOUT = URL_TEXT.replace(/:[^:@]*@/, "@");

describe("an object in the service's own terms", () => {
  test("says what its connection string says, as a string or as a URL", () => {
    expect(settingsOf({ connectionString: URL_TEXT })).toEqual(SETTINGS);
    const { key, owner } = resolveSource({ connectionString: URL_TEXT });
    expect(owner).toBeNull();
    expect(key).toBe(resolveSource(URL_TEXT).key);
    expect(resolveSource({ connectionString: new URL(URL_TEXT) }).key).toBe(key);
    const bare = Object.assign(Object.create(null), { connectionString: URL_TEXT });
    expect(resolveSource(bare).key).toBe(key);
  });

  test("a password, where the string has none or the same", () => {
    expect(settingsOf({ connectionString: WITHOUT, password: SECRET })).toEqual(SETTINGS);
    expect(settingsOf({ connectionString: URL_TEXT, password: SECRET })).toEqual(SETTINGS);
    expect(settingsOf({ connectionString: URL_TEXT, password: undefined })).toEqual(SETTINGS);
    expect(settingsOf({ connectionString: `${WITHOUT}?debug=1`, password: "" })).not.toHaveProperty(
      "password",
    );
    vi.stubEnv("PGPASSWORD", "the environment's");
    expect(settingsOf({ connectionString: `${WITHOUT}?debug=2`, password: SECRET }).password).toBe(SECRET);
    expectRefusal({ connectionString: URL_TEXT, password: "another" }, /password must not differ/);
    expectRefusal({ connectionString: URL_TEXT, password: () => SECRET }, /password must not differ/);
  });

  test.each([
    ["text", () => SECRET],
    ["a promise", async () => SECRET],
  ])("a password function that gives %s, which tells sources apart", async (_, give) => {
    const one = resolveSource({ connectionString: WITHOUT, password: give });
    expect(await one.password()?.()).toBe(SECRET);
    expect(one.settings()).not.toHaveProperty("password");
    expect(resolveSource({ connectionString: WITHOUT, password: give })).toBe(one);
    expect(resolveSource({ connectionString: new URL(WITHOUT), password: give }).key).toBe(one.key);
    expect(resolveSource({ connectionString: WITHOUT, password: () => give() }).key).not.toBe(one.key);
    expect(resolveSource({ connectionString: WITHOUT }).key).not.toBe(one.key);
  });

  test("a password function that gives no text", async () => {
    const { password } = resolveSource({ connectionString: WITHOUT, password: () => 5 });
    await expect(password()?.()).rejects.toThrow(/password function gives must be a string/);
  });

  test.each([
    [true, { mode: "verify-full" }],
    [false, { mode: "disable" }],
    [{}, { mode: "verify-full" }],
    [{ rejectUnauthorized: false }, { mode: "require" }],
    [
      { ca: CA, cert: CERT, key: KEY, servername: "db.example" },
      { mode: "verify-full", ca: CA, cert: CERT, key: KEY },
    ],
  ])("ssl: %j", (ssl, tls) => {
    vi.stubEnv("PGSSLMODE", "prefer");
    expect(settingsOf({ connectionString: URL_TEXT, ssl }).tls).toEqual(tls);
  });

  test.each(["sslmode=require", "ssl=true", "sslrootcert=system", "sslmode=disable"])(
    "ssl beside ?%s in the string",
    (query) => {
      const connectionString = `${URL_TEXT}?${query}`;
      expectRefusal({ connectionString, ssl: true }, /ssl must not stand beside/);
      expectRefusal({ connectionString, ssl: { ca: CA } }, /ssl must not stand beside/);
      expect(() => resolveSource({ connectionString, ssl: undefined })).not.toThrow();
    },
  );

  test.each([
    [{ connectionString: undefined }, /connectionString must be a connection string; it is empty/],
    [{ connectionString: "" }, /connectionString must be a connection string; it is empty/],
    [{ password: SECRET }, /connectionString must be a connection string; it is empty/],
    [{ connectionString: 5 }, /connectionString must be a string or a URL/],
    [{ connectionString: [URL_TEXT] }, /connectionString must be a string or a URL/],
    [{ connectionString: `mysql://u:${SECRET}@h/d` }, /does not begin with postgres:/],
    [{ connectionString: URL_TEXT, password: 5 }, /password must be a string or a function/],
    [{ connectionString: URL_TEXT, password: [SECRET] }, /password must be a string or a function/],
    [{ connectionString: URL_TEXT, password: Symbol(SECRET) }, /password must be a string or a function/],
    [{ connectionString: WITHOUT, password: "a\0b" }, /password must not contain/],
    [{ connectionString: URL_TEXT, ssl: null }, /ssl must be a boolean, or an object/],
    [{ connectionString: URL_TEXT, ssl: "require" }, /ssl must be a boolean, or an object/],
    [{ connectionString: URL_TEXT, ssl: { ciphers: "ALL" } }, /cannot honour ssl\.ciphers/],
    [{ connectionString: URL_TEXT, ssl: { servername: "elsewhere" } }, /ssl\.servername/],
    [{ connectionString: URL_TEXT, ssl: { ca: SECRET } }, /ssl\.ca must hold PEM/],
    [{ connectionString: "postgres://u@%2Frun%2Fpg/d", ssl: true }, /no TLS over a Unix socket/],
    [
      { connectionString: URL_TEXT, hots: "h" },
      /^environmentService: unknown key "hots" in source; known are connectionString, password, ssl$/,
    ],
    [{ connectionString: URL_TEXT, idle_timeout: 5 }, /unknown key "idle_timeout" in source/],
    [{ password: SECRET, hots: "h" }, /unknown key "hots" in source/],
  ])("%j is refused", (source, message) => {
    expectRefusal(source, message);
  });

  test.each([
    { host: "h", user: "u", password: SECRET },
    { hostname: "h", username: "u", pass: SECRET },
    { database: "d" },
    { path: "/run/pg/.s.PGSQL.5432" },
    { url: URL_TEXT },
    { connectionString: URL_TEXT, max: 5 },
  ])("options of a driver are refused, with what to do: %j", (source) => {
    expectRefusal(source, /pass postgres\(options\) or new Pool\(options\), which open nothing/);
  });
});
