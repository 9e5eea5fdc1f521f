import { setTimeout } from "node:timers/promises";

/** Takes its time. */
export default async function release() {
  console.log("releasing");
  await setTimeout(600);
}
