// Go's server with client_golang's instruments: http PORT
package main

import (
	"io"
	"log"
	"net/http"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

func main() {
	durations := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "http_server_request_duration_seconds", Help: "Durations of requests.",
	}, []string{"method", "code"})
	active := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "http_server_active_requests", Help: "Requests in flight.",
	})
	prometheus.MustRegister(durations, active)

	hello := http.HandlerFunc(func(writer http.ResponseWriter, _ *http.Request) {
		writer.Header().Set("Content-Type", "text/plain; charset=utf-8")
		io.WriteString(writer, "Hello Monitoring!")
	})
	http.Handle("/", promhttp.InstrumentHandlerInFlight(active, promhttp.InstrumentHandlerDuration(durations, hello)))
	http.Handle("/metrics", promhttp.Handler())
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
