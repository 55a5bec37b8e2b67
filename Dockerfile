# Another base, such as a mirror or a hardened image, comes in as a build argument.
ARG BASE_IMAGE=node:22-bookworm-slim

# What the server needs while it runs: a layer that changes with the lockfile alone, so an update
# over a village's line carries the program and not its libraries. No package needs its scripts.
FROM ${BASE_IMAGE} AS packages
WORKDIR /sluice
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM packages AS build
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN node bin/build.mjs

FROM ${BASE_IMAGE}
ENV NODE_ENV=production \
    SLUICE_DATA_DIR=/data \
    SLUICE_HTTP_HOST=0.0.0.0 \
    SLUICE_MQTT_HOST=0.0.0.0
RUN mkdir /data /secrets && chown 1000:1000 /data /secrets && \
    ln -s /sluice/bin/sluice.mjs /usr/local/bin/sluice
WORKDIR /sluice
COPY --from=packages /sluice/node_modules ./node_modules
COPY package.json LICENSE ./
COPY bin/sluice.mjs bin/setup.mjs bin/secrets.mjs ./bin/
COPY --from=build /sluice/dist ./dist
USER 1000:1000
VOLUME /data
EXPOSE 8080 1883 8883
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.SLUICE_HTTP_PORT || 8080) + '/health/ready').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Young objects in a small space: 30 MB less resident at the same speed.
CMD ["node", "--max-semi-space-size=8", "bin/sluice.mjs", "start"]
