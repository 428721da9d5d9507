// Package trace tells, when the operator asks for it, where the time of requests goes, in the form of OpenTelemetry. It is
// off unless a place to send to is named.
//
// What leaves is the least that helps: a span is called by the method and the pattern of the route, and carries the
// attributes of an allow-list. No path, query, address, device or word of a person's is among them, whatever the library
// adds of itself in later versions.
package trace

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Tracer makes a span of each request. It is safe for concurrent use.
type Tracer struct{ provider *sdk.TracerProvider }

// New returns a tracer that sends to an address of OTLP over HTTP, such as http://127.0.0.1:4318, from now until it is
// closed. Nothing is sent yet. It fails for an address that cannot be read.
func New(ctx context.Context, to, version string) (*Tracer, error) {
	out, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(to))
	if err != nil {
		return nil, fmt.Errorf("trace: %w", err)
	}
	return To(out, version), nil
}

// To returns a tracer that hands its spans to an exporter.
func To(out sdk.SpanExporter, version string) *Tracer {
	about := resource.NewSchemaless(attribute.String("service.name", "beside"), attribute.String("service.version", version))
	return &Tracer{provider: sdk.NewTracerProvider(sdk.WithBatcher(sparing{out}), sdk.WithResource(about))}
}

// Around makes a span of each request that h answers. Who asks cannot have us continue a trace of theirs.
func (t *Tracer) Around(h http.Handler) http.Handler {
	return otelhttp.NewHandler(h, "request", otelhttp.WithTracerProvider(t.provider),
		otelhttp.WithPropagators(propagation.NewCompositeTextMapPropagator()))
}

// Named gives the span of a request its name, once its route is known.
func Named(ctx context.Context, route string) {
	if route == "" {
		route = "(no page)"
	}
	trace.SpanFromContext(ctx).SetName(route)
}

// Close sends what is left.
func (t *Tracer) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return errors.Join(t.provider.ForceFlush(ctx), t.provider.Shutdown(ctx))
}

// allowed are the attributes that may leave.
var allowed = map[attribute.Key]bool{"http.request.method": true, "http.response.status_code": true}

// sparing lets of each span only pass what is allowed.
type sparing struct{ sdk.SpanExporter }

// ExportSpans passes spans on.
func (s sparing) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	bare := make([]sdk.ReadOnlySpan, len(spans))
	for i, x := range spans {
		bare[i] = spared{x}
	}
	return s.SpanExporter.ExportSpans(ctx, bare)
}

// spared is a span without what is not allowed.
type spared struct{ sdk.ReadOnlySpan }

// Attributes are those that are allowed.
func (s spared) Attributes() []attribute.KeyValue {
	var out []attribute.KeyValue
	for _, a := range s.ReadOnlySpan.Attributes() {
		if allowed[a.Key] {
			out = append(out, a)
		}
	}
	return out
}

// Events are none: they may hold an error's text.
func (s spared) Events() []sdk.Event { return nil }

// Links are none.
func (s spared) Links() []sdk.Link { return nil }

// Status has no text.
func (s spared) Status() sdk.Status { return sdk.Status{Code: s.ReadOnlySpan.Status().Code} }
