# Debian, not Alpine: the embedded Postgres and the password hash are built for glibc.
FROM node:24.18.0-bookworm-slim AS base
WORKDIR /app
COPY package.json package-lock.json ./

FROM base AS build
RUN npm ci
COPY tsconfig.json ./
COPY migrations migrations
COPY src src
RUN npm run build

FROM base AS packages
RUN npm ci --omit=dev

FROM base
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY fhir-profiles fhir-profiles
COPY src/web/static src/web/static
# New volumes take the owner of the folders they cover.
RUN mkdir --mode=0700 /data /keys && chown node:node /data /keys
USER node
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 DATA_DIR=/data
VOLUME /data
EXPOSE 8080
# Under the public name, as the server answers to no other.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["node", "-e", "\
  const host = new URL(process.env.PUBLIC_URL || 'http://localhost:' + process.env.PORT).host; \
  require('node:http').get({ port: process.env.PORT, path: '/health/live', headers: { host } }, (answer) => \
    process.exit(answer.statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))"]
# No npm in between: it does not pass signals on.
CMD ["node", "dist/src/main.js"]
