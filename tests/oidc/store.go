package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"sync"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// store is the example's storage with keys that can be changed.
type store struct {
	*storage.Storage

	mu   sync.Mutex
	keys []*key // the last one signs
}

func newStore(who people) (*store, error) {
	s := &store{Storage: storage.NewStorage(who)}
	return s, s.rotate()
}

// rotate makes the key that signs from now on. Those before are still told, as providers do for a while.
func (s *store) rotate() error {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = append(s.keys, &key{id: fmt.Sprintf("key-%d", len(s.keys)+1), private: private})
	return nil
}

func (s *store) signing() *key {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keys[len(s.keys)-1]
}

// SigningKey implements op.Storage.
func (s *store) SigningKey(context.Context) (op.SigningKey, error) { return s.signing(), nil }

// SignatureAlgorithms implements op.Storage.
func (s *store) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{jose.RS256}, nil
}

// KeySet implements op.Storage.
func (s *store) KeySet(context.Context) ([]op.Key, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []op.Key
	for _, k := range s.keys {
		out = append(out, publicKey{k})
	}
	return out, nil
}

// key signs.
type key struct {
	id      string
	private *rsa.PrivateKey
}

// SignatureAlgorithm implements op.SigningKey.
func (*key) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }

// Key implements op.SigningKey.
func (k *key) Key() any { return k.private }

// ID implements op.SigningKey.
func (k *key) ID() string { return k.id }

// publicKey is what is told of a key.
type publicKey struct{ of *key }

// ID implements op.Key.
func (k publicKey) ID() string { return k.of.id }

// Algorithm implements op.Key.
func (publicKey) Algorithm() jose.SignatureAlgorithm { return jose.RS256 }

// Use implements op.Key.
func (publicKey) Use() string { return "sig" }

// Key implements op.Key.
func (k publicKey) Key() any { return &k.of.private.PublicKey }
