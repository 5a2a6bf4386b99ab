# The Motherhaven server; the same image runs a bot (command: bot).
#   docker build -t motherhaven .
#   docker run -p 127.0.0.1:3000:3000 -v motherhaven:/data -e LLM_BOT_API_KEY=... motherhaven

FROM node:24-bookworm-slim AS page
WORKDIR /source/dashboard
COPY dashboard/package.json dashboard/package-lock.json ./
RUN npm ci
COPY dashboard ./
RUN npm run build

FROM python:3.13-slim-bookworm AS install
WORKDIR /source
RUN python -m venv /build && python -m venv /app
COPY requirements/build.lock requirements/server.lock requirements/
RUN /build/bin/pip install --no-cache-dir --require-hashes -r requirements/build.lock \
    && /app/bin/pip install --no-cache-dir --require-hashes -r requirements/server.lock
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY src src
COPY --from=page /source/dashboard/out src/motherhaven/server/page
RUN /build/bin/python -m hatchling build -t wheel -d /wheels \
    && /app/bin/pip install --no-cache-dir --no-deps --no-index /wheels/*.whl \
    && /app/bin/motherhaven --version

FROM python:3.13-slim-bookworm
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin motherhaven \
    && install -d -o motherhaven -g motherhaven -m 0700 /data
COPY --from=install /app /app
ENV PATH=/app/bin:$PATH PYTHONUNBUFFERED=1 MOTHERHAVEN_DATA=/data LOG_DIR=/data/logs
USER motherhaven
WORKDIR /data
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=15s --timeout=4s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:3000/healthz', timeout=3)"]
ENTRYPOINT ["motherhaven"]
CMD ["serve", "--host", "0.0.0.0", "--port", "3000"]
