// Stands in for `@paperclipai/db`, which is not on npm, where the original's declarations name its type.

export type Db = object;
