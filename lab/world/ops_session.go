package world

import "time"

// Sessions are what STS and the metadata service give keys for. One that ended
// is remembered for a day, as its keys are told until then that they expired.
const (
	sessionGrave = 24 * time.Hour
	maxSessions  = 1000 // more are not an account's but a loop's: the one that ends first goes
)

// OpenSession adds a principal whose keys expire, and forgets those that nobody
// asks for any more.
func (tx *Tx) OpenSession(p *Principal) {
	var first *Principal // to end
	open := 0
	for id, old := range Sorted(tx.next.Principals) {
		switch {
		case old.Expires.IsZero() || id == p.AccessKeyID:
		case tx.Now().Sub(old.Expires) > sessionGrave:
			tx.Principals.Delete(id)
		default:
			if open++; first == nil || old.Expires.Before(first.Expires) {
				first = old
			}
		}
	}
	if open >= maxSessions {
		tx.Principals.Delete(first.AccessKeyID)
	}
	tx.Principals.Put(p.AccessKeyID, p)
}
