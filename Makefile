# 只需 Python 3.11 以上和 make。各目标的说明见 README。
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
VENV ?= .venv
ARGS ?=
PLAN_FILE := fixtures/plan/000_5b31e1cc3ff236a8.txt

RUN := $(VENV)/bin/python
MANAGE := DEBUG=1 $(RUN) manage.py
PYTEST := $(RUN) -m pytest
# Files are shared out to as many processes as there are cores, four at most; ARGS="-n 0" runs them in one. The browser
# tests share one portal and stay in order.
PARALLEL := -n auto --maxprocesses 4 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help demo install test test-postgres test-office test-browser test-everything histories check lint bench measure clean

help:
	@echo "make demo           装好、导入方案和示例内容，在 http://$(HOST):$(PORT) 启动（PORT=8001 换端口）"
	@echo "make test           测试（SQLite）"
	@echo "make test-postgres  在 PostgreSQL 上测试：DATABASE_URL 所指的，否则临时启动一个"
	@echo "make test-office    用 LibreOffice 打开、另存各工作簿"
	@echo "make test-browser   用 Chromium 走一遍各页"
	@echo "make test-everything 在 PostgreSQL 上跑全部测试，连同浏览器和 LibreOffice"
	@echo "make histories      随机历史的长跑：500 段，几分钟"
	@echo "make check          代码检查、迁移检查、部署检查和测试"
	@echo "make bench          主要页面和保存的耗时"
	@echo "make measure        超过 300 行的模块和超过 40 行的函数"

demo: $(VENV)/ready
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) import_plan $(PLAN_FILE)
	@$(MANAGE) load_demo
	@echo "请用浏览器打开 http://$(HOST):$(PORT)/ ，按 Ctrl+C 停止。"
	@PYTHONUNBUFFERED=1 DJANGO_RUNSERVER_HIDE_WARNING=true $(MANAGE) runserver --noreload $(HOST):$(PORT)

install: $(VENV)/ready-dev

test: $(VENV)/ready-dev
	$(PYTEST) -m "not browser and not office" $(PARALLEL) $(ARGS)

test-postgres: $(VENV)/ready-dev
	.ci/with-postgres $(PYTEST) -m "not browser and not office" $(PARALLEL) $(ARGS)

test-office: $(VENV)/ready-dev
	$(PYTEST) -m office $(ARGS)

test-browser: $(VENV)/ready-dev
	$(PYTEST) -m browser $(ARGS)

test-everything: $(VENV)/ready-dev
	.ci/with-postgres $(PYTEST) -m "not browser" $(PARALLEL) $(ARGS)
	.ci/with-postgres $(PYTEST) -m browser $(ARGS)

histories: $(VENV)/ready-dev
	HISTORIES=500 $(PYTEST) tests/chengkou_kepu/test_histories.py $(ARGS)

check: lint test

lint: $(VENV)/ready-dev
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(MANAGE) makemigrations --check --dry-run
	env -u DEBUG SECRET_KEY="$$($(RUN) -c 'import secrets; print(secrets.token_urlsafe(64))')" \
		ALLOWED_HOSTS=portal.invalid $(RUN) manage.py check --deploy --fail-level WARNING

bench: $(VENV)/ready
	@$(RUN) benchmarks/pages.py $(ARGS)

measure: $(VENV)/ready
	@$(RUN) benchmarks/sizes.py

clean:
	rm -rf $(VENV) *.egg-info build staticfiles test-output .pytest_cache .ruff_cache

# A stamp is older than pyproject.toml only after the dependencies may have changed.
$(VENV)/ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "需要 Python 3.11 以上，可用 make PYTHON=… 指定。"; exit 1; }
	@echo "正在准备 $(VENV)，第一次需要几分钟……"
	@$(PYTHON) -m venv $(VENV)
	@$(RUN) -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/ready-dev: $(VENV)/ready
	@$(RUN) -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@
