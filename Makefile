SERVER := .build/release/Server
URL ?= http://127.0.0.1:5000/
CONNECTIONS ?= 100
DURATION ?= 15

.DEFAULT_GOAL := help
.PHONY: help run build test tools lint fuzz hostile docs dashboards load up down clean scale stack-local \
  drill-errors drill-latency drill-down drill-probe bench bench-metrics

help: ## Show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Install what is missing, build and serve; options in ARGS, such as ARGS='--workers 1'
	@exec $(SERVER) $(ARGS)

build: ## Build the server for release
	@scripts/install build
	@scripts/build

test: tools ## Run every test, under sanitizers as well
	@scripts/test

tools: ## Fetch what the tests need
	@scripts/install tests

lint: ## Check the formatting
	@swift format lint --strict --recursive Package.swift Sources Tests \
	  Benchmarks/Package.swift Benchmarks/Sources \
	  Benchmarks/http/hummingbird-peer/Package.swift Benchmarks/http/hummingbird-peer/Sources \
	  Benchmarks/metrics/swift-prometheus-peer/Package.swift Benchmarks/metrics/swift-prometheus-peer/Sources \
	  Fuzzing/Package.swift Fuzzing/Sources Examples/*/Package.swift Examples/*/Sources

fuzz: ## Feed what reads from clients with what libFuzzer makes up; targets in ARGS, such as ARGS='gate connection'
	@scripts/install build
	@scripts/fuzz $(ARGS)

hostile: build tools ## Slow, silent, leaving and hostile clients, at full length: 20 minutes
	@scripts/hostile

docs: ## Build the documentation of PrometheusMetrics as a site, in .build/documentation
	@scripts/install build
	@scripts/docs

dashboards: ## Write anew what is made from Dashboards/ and the rules, for Grafana and for Kubernetes
	@scripts/install python
	@.build-tools/python/bin/python3 Dashboards/generate.py
	@scripts/derive

load: ## Load a running server: URL, CONNECTIONS, DURATION (seconds)
	@scripts/install load
	@scripts/load '$(URL)' $(CONNECTIONS) $(DURATION)

up: ## Start the stack with Docker Compose; COMPOSE_PROFILES=host,load starts more of it
	@scripts/compose up -d --build
	@echo 'Grafana http://127.0.0.1:3000  Prometheus http://127.0.0.1:9090  Alertmanager http://127.0.0.1:9093'
	@echo 'app http://127.0.0.1:5000  what Alertmanager delivered http://127.0.0.1:5001'

scale: ## Run N replicas of the application, without a port of their own on this machine
	@scripts/compose up -d --build --scale app=$(or $(N),3)

down: ## Stop the stack; its data stays
	@COMPOSE_PROFILES=host,load scripts/compose down --remove-orphans

clean: ## Delete the stack's containers, data and password; YES=1 asks nothing
	@scripts/clean

stack-local: build ## Run the stack without Docker until Ctrl-C, Grafana aside; REPLICAS applications
	@scripts/install stack
	@exec scripts/stack-local

drill-errors: ## Let every request fail until the alert arrives, then end it; like the other drills, for any stack
drill-latency: ## Likewise, with slow requests
drill-down: ## Likewise, with an application that doesn't answer
drill-probe: ## Likewise, with a URL that fails its probes
drill-errors drill-latency drill-down drill-probe: drill-%:
	@scripts/drill $*

bench: build ## Compare the server with others; sections and options in ARGS: 'http counted', '--write', '--help'
	@scripts/install bench
	@Benchmarks/http/bench $(ARGS)

bench-metrics: ## Compare PrometheusMetrics with others; in ARGS: 'instruments rendering growth', '--help'
	@scripts/install build
	@Benchmarks/metrics/compare $(ARGS)
