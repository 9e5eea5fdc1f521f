// The states of its rows that a caller may see, given the answers so far.
//
// A write of unknown outcome may take effect at any later time, because its statement may still be waiting in the server.
// So a field holds the value that was acknowledged last, or that of any write of unknown outcome.

/** One field of a row. */
export class Field {
  #doubts = new Set();

  /** @param {string} value */
  constructor(value) {
    this.value = value;
  }

  /** @param {string} value */
  set(value) {
    this.value = value;
  }

  /** @param {string} value */
  doubt(value) {
    this.#doubts.add(value);
  }

  /** @param {string} value */
  mayBe(value) {
    return this.value === value || this.#doubts.has(value);
  }

  /** @param {string} value */
  isCertainly(value) {
    return this.value === value && this.#doubts.size === 0;
  }

  toString() {
    return [this.value, ...this.#doubts].join(" or ");
  }
}

/** A row: whether it is there, and what it holds. */
export class Known {
  /** @type {"there" | "doubtful" | "gone"} */
  presence;

  /**
   * @param {string} id
   * @param {string} text
   * @param {"there" | "doubtful"} presence
   * @param {string} [environment] where it is a lease
   */
  constructor(id, text, presence, environment) {
    this.id = id;
    this.text = new Field(text);
    this.status = new Field("active");
    this.presence = presence;
    this.environment = environment;
  }

  remove() {
    this.presence = "gone";
  }

  doubtRemoval() {
    if (this.presence === "there") this.presence = "doubtful";
  }

  /** Why a row that was seen contradicts what is known; null if it does not. @param {import("./caller.mjs").Row} row */
  contradiction(row) {
    if (this.presence === "gone") return `${this.id} has been removed, and is there`;
    if (!this.text.mayBe(row.text)) return `${this.id} holds "${row.text}", and should hold "${this.text}"`;
    if (!this.status.mayBe(row.status)) return `${this.id} is ${row.status}, and should be ${this.status}`;
    return null;
  }

  /** Why its absence contradicts what is known. */
  absence() {
    return this.presence === "there" ? `${this.id} should be there, and is not` : null;
  }
}
