# The image of every role: `docker build -t tallyline .`, then `docker run tallyline worker --roles count` and so on.
FROM node:20.20.2-bookworm AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
# TypeScript, the kernel, the workflow bundle and that of `count` with its bytecode: nothing is made at the start of a container.
RUN npm run build && npm prune --omit=dev && rm -rf node_modules/.cache
# What `tallyline up` starts, with its checksum verified: in a pod that may write nowhere and call nobody it cannot be fetched.
RUN node -e "require('./dist/workers/temporal-binary.js').findOrInstallTemporal(console.error).then((found) => fs.copyFileSync(found, '/temporal'))"

FROM node:20.20.2-bookworm-slim
# Two arenas of malloc in place of eight a core: 30 MB less a worker (docs/decisions/0017-cost-of-the-pipeline.md).
ENV NODE_ENV=production MALLOC_ARENA_MAX=2
# Known by name: Temporal's server asks who it is, and does not start where nobody can tell.
RUN groupadd --gid 10001 tallyline && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /work tallyline
WORKDIR /opt/tallyline
COPY --from=build /build/package.json ./
COPY --from=build /build/bin ./bin
COPY --from=build /build/dist ./dist
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /temporal /usr/local/bin/temporal
# By which Temporal's client trusts a server whose profile names no authority; the slim image has none.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
# By its number, so that Kubernetes sees that it is not root.
USER 10001:10001
WORKDIR /work
ENTRYPOINT ["/opt/tallyline/bin/tallyline"]
CMD ["worker", "--config", "/etc/tallyline/tallyline.yaml"]
