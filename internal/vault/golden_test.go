package vault

import (
	"crypto/sha256"
)

// Values of version 1, kept for ever.
const (
	goldenItemKey  = "e580084c452cda3c08d8cc10b24ebff92cfb5e0e2f6fefc75e2e561def4cef36"
	goldenCutFirst = "014002000102030405060708090a0b0c0d0e0f0000006004000000000000000025d1f74392ec526ddcc60d683ec2d93eec3007ba521cea5ed34b1ed330c08d0a"
	goldenCutLast  = "02c000000000000000c5aecf0909ad26c8338a96d2286a12fe605d4206068348357f6372e702500b16"
	goldenText     = "a walk by the river"
	goldenSealed   = "0195f6340dba2fd9cd428ad3af6765720f52a2b459cb3cb28940d35a33009fb5dc4acb3c88122c0b47af58d7983dd186ccfa836c357d2976ccde440560252af9353a475af65ea5497fac354ca213b90a1c463017c7944b72f9395bd6d35ab2e710a14f0a52e44edb4a57093d217c36409c0e9d8e6ab3b081b5d4208711643733a2e2700257937bf3b5f7b77e4fa6ebc2896d5cdd340f4a9a8020b8d656"
)

// sum hashes a label and parts that follow it.
func sum(label string, parts ...[]byte) []byte {
	h := sha256.New()
	h.Write([]byte(label))
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// goldenTree is a tree of known bytes.
func goldenTree() *tree {
	t := &tree{cover: make([]node, 1)}
	for i := range t.salt {
		t.salt[i] = byte(i)
	}
	for i := range t.cover[0].seed {
		t.cover[0].seed[i] = byte(0xa0 + i)
	}
	return t
}

func goldenPlace() place { return place{aBook(1), anItem(7), anEntry(2)} }

// What the root key of bytes 0 to 31 derives; worked out a second time with another implementation of HKDF.
const (
	goldenWrap  = "b64d4503bc723ab70fc494589a2c67d776971a7c4703e539d57da098112fa8df"
	goldenCheck = "e6c056f1858359b6f45eaceab1b8e36b75c8ae60d93c848dc3b9ef1b3a8f7002"
	goldenKey   = "3f251c7da61e5c5ae515c531768e8f535a9e8887fa1831402b8ba06a048b3d8f"
	goldenBlind = "11474a2bcf239456eaac3abc9749b861409d9bab954653bb549695a0778c5f9e"
)
