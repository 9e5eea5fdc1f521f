/** Fetches Paperclip's own services, with which the story compares this package. Needs nothing but Node and npm. */

import { prepareOriginal } from "../../__test__/support/original.mjs";
import { GENERATIONS } from "./arguments.mjs";

for (const generation of GENERATIONS) await prepareOriginal(generation);
