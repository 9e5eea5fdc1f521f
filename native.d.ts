// Written by napi build from src/node/, never by hand.

/** The environment service of one database. */
export declare class NativeService {
  /**
   * A service that connects with the first call. `settings` is JSON text; `password`, where the
   * source's password is a function, resolves to the password for one new connection.
   *
   * # Errors
   *
   * If the settings are not what JavaScript is to send.
   */
  constructor(settings: string, password?: (() => Promise<string | null>) | undefined | null)
  /**
   * Performs calls of one method.
   *
   * `calls` is the JSON text of an array of calls. `at_once` has them sent from the thread that calls, which
   * suits a lone call. The promise resolves to JSON texts that together answer the calls in their order:
   * each is `{ columns, lists?, counts, errors?, more? }`, the columns of all rows, `[column, row]` of the
   * documents whose objects are lists, how many of the rows are each call's, `[index, properties]` of the
   * errors, and whether the last call's rows go on in the next text. With `as_json`, one call is answered
   * with the JSON that callers would make of its rows, or as above where only JavaScript can write it, and
   * for an error. It rejects only if there is a bug in this package.
   */
  perform(generation: string, method: string, calls: string, atOnce: boolean, asJson: boolean): Promise<Buffer | string[]>
  /**
   * The state of the connections, and what has happened on them, as JSON text: `{ open, idle, waiting,
   * opened, failed, repeated, settled, unknown }`.
   *
   * # Errors
   *
   * If it cannot be written, which does not happen.
   */
  statistics(): string
  /** Disconnects. JavaScript waits for calls under way before. */
  close(): Promise<void>
}

/** The generations as JSON text. For the build of this package only, which writes `src-js/generated/` from it. */
export declare function describe(): string

/** Why a generation does not fit tables, as the properties of an error in JSON text; null if it fits one of them. */
export declare function mismatch(generation: string, tables: Array<string>): string | null
