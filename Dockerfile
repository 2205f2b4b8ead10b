# One image for every component of Planwatch; docker-compose.yaml says which one a container runs.
# Pin harder by digest where you can: docker build --build-arg PYTHON_IMAGE=python:3.12.13-slim-trixie@sha256:…
ARG PYTHON_IMAGE=python:3.12.13-slim-trixie

FROM ${PYTHON_IMAGE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PATH=/opt/venv/bin:$PATH
WORKDIR /opt/planwatch
# Every package is a wheel whose hash is known: nothing is compiled, so nothing to compile with is needed.
COPY requirements/run.in requirements/run.txt requirements/
RUN python -m venv /opt/venv \
 && pip install --require-hashes --only-binary :all: -r requirements/run.txt
COPY pyproject.toml README.md LICENSE ./
COPY src src
COPY include include
COPY expectations expectations
COPY dags dags
COPY plugins plugins
COPY compose compose
# Bytecode is made here because the running containers cannot write it. What installed the packages stays behind.
RUN pip install --no-deps --no-build-isolation -e . \
 && python -m compileall -q src dags plugins compose \
 && pip uninstall -q -y setuptools pip

FROM ${PYTHON_IMAGE}
RUN python -m pip uninstall -q -y --root-user-action=ignore pip \
 && groupadd --gid 50000 planwatch \
 && useradd --uid 50000 --gid 50000 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin planwatch \
 && install -d -o planwatch -g planwatch -m 0750 /var/lib/planwatch \
 && for folder in drop archive data_docs logs mails; do \
      install -d -o planwatch -g planwatch -m 0750 "/var/lib/planwatch/$folder"; done
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/planwatch /opt/planwatch
# /tmp is a file system in memory: Airflow's configuration file and the like live and die with their container.
ENV PATH=/opt/venv/bin:$PATH PYTHONUTF8=1 PYTHONUNBUFFERED=1 \
    PYTHONPATH=/opt/planwatch/compose/config \
    HOME=/tmp AIRFLOW_HOME=/tmp/airflow \
    PLANWATCH_INCLUDE=/opt/planwatch/include \
    PLANWATCH_EXPECTATIONS=/opt/planwatch/expectations \
    PLANWATCH_HOME=/var/lib/planwatch \
    DO_NOT_TRACK=1 SCARF_ANALYTICS=false GX_ANALYTICS_ENABLED=false
WORKDIR /opt/planwatch
USER 50000:50000
CMD ["airflow", "version"]
