package trace_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"beside/internal/app/trace"
)

// TestASpanSaysTheRouteAndNothingElse: whatever stands in a request, of it only method, route and status leave.
func TestASpanSaysTheRouteAndNothingElse(t *testing.T) {
	out := tracetest.NewInMemoryExporter()
	all := keeping{out}
	tracer := trace.To(all, "1")
	h := tracer.Around(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		trace.Named(r.Context(), "GET /me/goals/{item}")
		w.WriteHeader(http.StatusTeapot)
	}))
	r := httptest.NewRequest(http.MethodGet, "/me/goals/0190aaaa?q=bread", nil)
	r.Header.Set("User-Agent", "Mira’s phone")
	r.Header.Set("Cookie", "beside=secret")
	r.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	r.RemoteAddr = "203.0.113.7:4711"
	h.ServeHTTP(httptest.NewRecorder(), r)
	if err := tracer.Close(); err != nil {
		t.Fatal(err)
	}
	spans := out.GetSpans()
	if len(spans) != 1 || spans[0].Name != "GET /me/goals/{item}" {
		t.Fatalf("the spans are %v", spans)
	}
	if id := spans[0].SpanContext.TraceID().String(); strings.HasPrefix(id, "0af76519") {
		t.Error("a stranger has us continue a trace of theirs")
	}
	got := map[attribute.Key]string{}
	for _, a := range spans[0].Attributes {
		got[a.Key] = a.Value.String()
	}
	if len(got) != 2 || got["http.request.method"] != "GET" || got["http.response.status_code"] != "418" {
		t.Errorf("it carries %v", got)
	}
	if len(spans[0].Events)+len(spans[0].Links) != 0 || spans[0].Status.Description != "" {
		t.Errorf("it carries %+v", spans[0])
	}
}

// keeping keeps what was exported when the exporter is closed.
type keeping struct{ *tracetest.InMemoryExporter }

// Shutdown keeps everything.
func (keeping) Shutdown(context.Context) error { return nil }

var _ sdk.SpanExporter = keeping{}
