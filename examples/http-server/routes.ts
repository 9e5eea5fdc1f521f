import { Router } from "express";
import { environmentService } from "paperclip-environment-service";

import type { Db } from "./db.js";

/** The routes that Paperclip's server has over its environment service, without its rules of who may. */
export function environmentRoutes(db: Db): Router {
  const router = Router();
  const environments = environmentService(db);

  router.get("/companies/:companyId/environments", async (request, response) => {
    // What a query holds is for the service to judge, as it is in Paperclip's route.
    response.type("json").send(await environments.listJson(request.params.companyId, request.query));
  });

  router.post("/companies/:companyId/environments", async (request, response) => {
    response.status(201).json(await environments.create(request.params.companyId, request.body));
  });

  router.get("/environments/:id", async (request, response) => {
    const environment = await environments.getById(request.params.id);
    if (environment) response.json(environment);
    else response.status(404).json({ error: "Environment not found" });
  });

  router.patch("/environments/:id", async (request, response) => {
    const environment = await environments.update(request.params.id, request.body);
    if (environment) response.json(environment);
    else response.status(404).json({ error: "Environment not found" });
  });

  router.delete("/environments/:id", async (request, response) => {
    const environment = await environments.remove(request.params.id);
    if (environment) response.json(environment);
    else response.status(404).json({ error: "Environment not found" });
  });

  router.get("/environments/:id/leases", async (request, response) => {
    const environment = await environments.getById(request.params.id);
    if (environment) {
      response.type("json").send(await environments.listLeasesJson(environment.id, request.query));
    } else response.status(404).json({ error: "Environment not found" });
  });

  router.get("/environment-leases/:leaseId", async (request, response) => {
    const lease = await environments.getLeaseById(request.params.leaseId);
    if (lease) response.json(lease);
    else response.status(404).json({ error: "Environment lease not found" });
  });

  return router;
}
