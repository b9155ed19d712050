# The command line in a container, not as root.
# docker build -t carbon-report . && docker run --rm -v "$PWD:/work" carbon-report runs/ --html report.html
FROM python:3.13-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY reporter reporter
COPY templates templates
COPY styles styles
COPY share share
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /dist .

FROM python:3.13-slim
LABEL org.opencontainers.image.title="carbon-report" \
      org.opencontainers.image.description="The logs of energy and carbon trackers in, what people publish out" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/carbon-report/carbon-report"
# The PDF is set by Pango. Debian keeps no old versions, so that a pinned one would soon be gone.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
 && rm -rf /var/lib/apt/lists/*
# The wheel is of one version; what it needs has lower bounds that are tested.
# hadolint ignore=DL3013
RUN --mount=type=bind,from=build,source=/dist,target=/dist \
    wheel=$(echo /dist/*.whl) && pip install --no-cache-dir "${wheel}[all]"
# Whoever it runs as (docker run --user) has no home here; caches go where everybody may write.
ENV MPLCONFIGDIR=/tmp/matplotlib XDG_CACHE_HOME=/tmp/cache PYTHONDONTWRITEBYTECODE=1
USER 1000:1000
WORKDIR /work
ENTRYPOINT ["carbon-report"]
CMD ["--help"]
