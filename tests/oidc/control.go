package main

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/example/server/storage"
)

// control stands before the provider. POST /control takes a form:
//
//	redirect  an address to which this provider sends people back from now on
//	spoil     what is wrong with ID tokens from now on, see spoil; empty for nothing
//	down      "1" for answering nothing but 503, "" for being there
//	rotate    "1" for another key
//
// GET /control tells how many codes were exchanged.
type control struct {
	store  *store
	issuer string
	next   http.Handler

	mu        sync.Mutex
	spoil     string
	down      bool
	exchanges int
}

// ServeHTTP answers for the provider, or steers it.
func (c *control) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/control" {
		c.steer(w, r)
		return
	}
	c.mu.Lock()
	down, wrong := c.down, c.spoil
	exchange := r.Method == http.MethodPost && r.URL.Path == "/oauth/token"
	if exchange && !down {
		c.exchanges++
	}
	c.mu.Unlock()
	switch {
	case down:
		http.Error(w, "out of order", http.StatusServiceUnavailable)
	case exchange && wrong != "":
		c.spoiled(w, r, wrong)
	default:
		c.next.ServeHTTP(w, r)
	}
}

func (c *control) steer(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.Method != http.MethodPost {
		_, _ = w.Write([]byte(strconv.Itoa(c.exchanges)))
		return
	}
	if to := r.FormValue("redirect"); to != "" {
		storage.RegisterClients(storage.WebClient(clientID, clientSecret, to))
	}
	if r.FormValue("rotate") == "1" {
		if err := c.store.rotate(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}
	c.spoil, c.down = r.FormValue("spoil"), r.FormValue("down") == "1"
}

// spoiled lets the provider answer and makes one thing of its ID token wrong.
func (c *control) spoiled(w http.ResponseWriter, r *http.Request, wrong string) {
	rec := httptest.NewRecorder()
	c.next.ServeHTTP(rec, r)
	answer := map[string]any{}
	if rec.Code != http.StatusOK || json.Unmarshal(rec.Body.Bytes(), &answer) != nil {
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes())
		return
	}
	if wrong == "missing" {
		delete(answer, "id_token")
	} else {
		token, err := c.forge(answer["id_token"].(string), wrong)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		answer["id_token"] = token
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

// forge makes an ID token that differs from a right one in one respect.
func (c *control) forge(right, wrong string) (string, error) {
	jws, err := jose.ParseSigned(right, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return "", err
	}
	claims := map[string]any{}
	if err := json.Unmarshal(jws.UnsafePayloadWithoutVerification(), &claims); err != nil {
		return "", err
	}
	now := time.Now()
	switch wrong {
	case "nonce":
		claims["nonce"] = "of somebody else"
	case "no nonce":
		delete(claims, "nonce")
	case "issuer":
		claims["iss"] = "http://localhost:1/"
	case "audience":
		claims["aud"] = []string{"another"}
	case "second audience":
		claims["aud"] = []string{clientID, "another"}
		delete(claims, "azp")
	case "another party":
		claims["azp"] = "another"
	case "expired":
		claims["exp"] = now.Add(-time.Hour).Unix()
	case "old":
		claims["iat"] = now.Add(-24 * time.Hour).Unix()
	case "long ago":
		claims["auth_time"] = now.Add(-2 * time.Hour).Unix()
	case "no time":
		delete(claims, "auth_time")
	case "nobody":
		claims["sub"] = ""
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	return c.sign(body, wrong)
}

func (c *control) sign(body []byte, wrong string) (string, error) {
	k := c.store.signing()
	as := jose.SigningKey{Algorithm: jose.RS256, Key: k.private}
	switch wrong {
	case "none":
		b64 := base64.RawURLEncoding
		return b64.EncodeToString([]byte(`{"alg":"none"}`)) + "." + b64.EncodeToString(body) + ".", nil
	case "shared secret": // the public key taken for a secret that both know
		der, err := x509.MarshalPKIXPublicKey(&k.private.PublicKey)
		if err != nil {
			return "", err
		}
		as = jose.SigningKey{Algorithm: jose.HS256, Key: bytes.TrimSpace(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))}
	case "other key":
		private, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return "", err
		}
		as.Key = private
	}
	signer, err := jose.NewSigner(as, (&jose.SignerOptions{}).WithHeader("kid", k.id))
	if err != nil {
		return "", err
	}
	out, err := signer.Sign(body)
	if err != nil {
		return "", err
	}
	return out.CompactSerialize()
}
