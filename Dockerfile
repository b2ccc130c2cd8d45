# One image for API, worker and CLI: the command decides. Nothing is built: Node runs the TypeScript as it is.
#
#   docker build -t plimsoll .
#   docker run --env-file … plimsoll node worker/main.ts

FROM node:24.21.0-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No install scripts: nothing that runs here needs one. The image's own Node makes the packaged ones superfluous.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && rm -rf node_modules/node-linux-*

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY package.json ./
COPY activities activities
COPY api api
COPY cli cli
COPY client client
COPY counters counters
COPY domain domain
COPY migrations migrations
COPY plans plans
COPY runtime runtime
COPY stack stack
COPY store store
COPY temporal temporal
COPY worker worker
COPY workflows workflows
# The files belong to root, so a process that is broken into can't change them.
USER node
EXPOSE 8080
CMD ["node", "api/main.ts"]
