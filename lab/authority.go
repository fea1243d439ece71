package lab

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"time"
)

// authority is the certificate authority that the lab's instances trust, as
// real ones trust Amazon's. It lives as long as the lab does in one process;
// nothing outside the lab ever trusts it.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	now  time.Time
}

func newAuthority(now time.Time) (*authority, error) {
	a := &authority{now: now}
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "gatewalk lab CA"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign,
	}
	der, key, err := a.sign(template, template, nil)
	if err != nil {
		return nil, err
	}
	a.key = key
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		return nil, fmt.Errorf("making the lab's certificate authority: %w", err)
	}
	return a, nil
}

// sign makes a key and its certificate; a nil signer means self-signed.
func (a *authority) sign(template, parent *x509.Certificate, signer *ecdsa.PrivateKey) ([]byte, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("making a certificate: %w", err)
	}
	if signer == nil {
		signer = key
	}
	template.SerialNumber = big.NewInt(a.now.UnixNano())
	// The lesson's clock may run a thousand times as fast as the machine's.
	template.NotBefore, template.NotAfter = a.now.AddDate(-1, 0, 0), a.now.AddDate(20, 0, 0)
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		return nil, nil, fmt.Errorf("making a certificate: %w", err)
	}
	return der, key, nil
}

// serve is a TLS configuration of a server with these names, and with others
// that come and go.
func (a *authority) serve(clock func() time.Time, others func(name string) bool, names ...string) (*tls.Config, error) {
	cert, err := a.certify(names...)
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		Certificates: []tls.Certificate{*cert}, Time: clock,
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			if cert.Leaf.VerifyHostname(hello.ServerName) == nil || !others(hello.ServerName) {
				return nil, nil // the one above
			}
			return a.certify(hello.ServerName)
		},
	}, nil
}

// certify makes the certificate of a server with these names.
func (a *authority) certify(names ...string) (*tls.Certificate, error) {
	der, key, err := a.sign(&x509.Certificate{
		Subject: pkix.Name{CommonName: names[0]}, DNSNames: names,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, a.cert, a.key)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("making a certificate: %w", err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, nil
}

// roots is what the instances trust.
func (a *authority) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}
