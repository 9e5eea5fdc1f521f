import { unknownId } from "../../support/suite.js";
import { environmentService, type EnvironmentService, type EnvironmentServiceOptions } from "./addon.js";
import { startProxy, type Proxy } from "./proxy.js";

export interface Through {
  proxy: Proxy;
  service: EnvironmentService;
}

/**
 * A service whose connections go through a proxy to the server of `url`, with one connection open and used.
 *
 * @param cleanups what is to be done in the end, the last first
 */
export async function openThroughProxy(
  url: string,
  cleanups: (() => Promise<unknown>)[],
  options: EnvironmentServiceOptions,
  parameters = "",
): Promise<Through> {
  const proxy = await startProxy(url);
  const service = environmentService(proxy.url + parameters, options);
  cleanups.push(
    () => proxy.close(),
    () => service.close(),
  );
  await service.getById(unknownId());
  return { proxy, service };
}
