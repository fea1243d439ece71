package tutorial

// The keys of what this package has to say. The first word of each constant is
// the kind of event that carries it (see: Observed, wait: Waiting, note: Note,
// fail: Failed, value: Set); the catalogues in text have a sentence for every
// one but the values.
const (
	seeRead        = "read"        // the page was shown
	seeIdentity    = "identity"    // account, arn, region
	seeProvisioned = "provisioned" // 3.1 is complete
	seeLogin       = "login"       // Host; hop, user, address, hostname, fingerprint
	seeListing     = "listing"     // Host; bucket, key, size
	seeSilence     = "silence"     // Host; elapsed, status, end ("" by Ctrl-C, "gave-up" by itself)
	seeServices    = "services"    // service; Rows name, type
	seeEndpoint    = "endpoint"    // id, state, service, route_table, route_table_id
	seeAddresses   = "addresses"   // Host; name, server; Rows address, in the list (yes, no)
	seeTrace       = "trace"       // Host; method (udp, tcp), dest, hops, reached, silent (yes, no); Rows ttl, addresses…
	seeRoutes      = "routes"      // table, id, when (before, after); Rows destination, target, state, origin
	seePrefixList  = "prefix-list" // id, name, count; Rows cidr
	seePolicies    = "policies"    // Rows policy (role, bucket, endpoint), effect, principal, action, resource
	seeDenied      = "denied"      // Host; action, cause
	seeLeft        = "left"        // count, region; Rows kind, id

	waitInstance    = "instance-running"
	waitSSH         = "ssh"
	waitSilence     = "silence"
	waitEndpoint    = "endpoint-available"
	waitTerminated  = "instance-terminated"
	waitProfile     = "profile"
	waitDeletion    = "deletion"
	waitPropagation = "propagation"
	waitConsoleKey  = "console-key"
	waitThrottle    = "throttled"

	noteSSHFrom   = "ssh-from"   // cidr: who may log in to the bastion; how that is known: given, asked, nobody
	noteFirstUse  = "first-use"  // Host; fingerprint: a host key taken on trust
	notePinned    = "pinned"     // Host; count: host keys read from the console
	noteOtherZone = "other-zone" // zone, type, code: no room there, trying elsewhere
	noteFound     = "found"      // kind, id: an earlier run had made it
	noteKeyCopied = "key-copied" // Host; path
	noteKeyGone   = "key-gone"   // Host; path
	noteLost      = "lost"       // kind, id: recorded, and not there any more
	noteTooEarly  = "too-early"  // Host; elapsed, enough: Ctrl-C before the silence says anything
	noteRoot      = "root"       // arn: these are the root user's keys
	noteLeftover  = "leftover"   // session, count: of things it left on the account
	noteSwept     = "swept"      // kind, id: found by its tag alone

	// What AWS or the way to it says.
	failNoCredentials  = "credentials-missing" // command
	failNoProfile      = "profile-missing"     // profile, command
	failConfigFile     = "config-file"         // reason
	failProcess        = "process-failed"      // reason
	failMFA            = "mfa"                 // command
	failRole           = "role-denied"         // role, reason
	failSSODenied      = "sso-denied"          // command
	failLogin          = "login-expired"       // command
	failSSO            = "sso-expired"         // command
	failExpired        = "credentials-expired"
	failCredentials    = "credentials-wrong"
	failClock          = "clock-skew" // command
	failNoRegion       = "region-missing"
	failBadRegion      = "region-wrong"  // region
	failOptIn          = "opt-in"        // code, command
	failDenied         = "access-denied" // action
	failForbidden      = "forbidden"     // action, by: the kind of policy that denies it
	failLimit          = "limit"         // code
	failCapacity       = "capacity"      // zone, type
	failThrottled      = "throttled"
	failUnreachable    = "api-unreachable" // service, address
	failNoName         = "name-unresolved" // address, region
	failCertificate    = "certificate"     // address
	failAPI            = "api"             // action, code
	failOtherAccount   = "other-account"   // have, want
	failOtherRegion    = "other-region"    // have, want
	failBucketName     = "bucket-name"     // bucket
	failBucketTaken    = "bucket-taken"    // bucket
	failBucketForeign  = "bucket-files"    // bucket, count, key
	failOwnAddress     = "own-address"
	failOwnIPv6        = "own-ipv6" // address
	failNoType         = "no-type"  // types, region
	failStopped        = "instance-stopped"
	failNotRunning     = "instance-not-running"
	failDiskKey        = "disk-key" // reason, command
	failImage          = "image"    // reason
	failNoWay          = "no-way-in"
	failSSHDial        = "ssh-dial"
	failNotLetIn       = "ssh-not-let-in" // now: the learner's address
	failFromElsewhere  = "ssh-elsewhere"  // now, cidr: as --ssh-from said
	failSSHBlocked     = "ssh-blocked"    // now
	failSSHHandshake   = "ssh-handshake"
	failSSHHostKey     = "ssh-host-key"
	failSSHHostChanged = "ssh-host-changed"
	failSSHAuth        = "ssh-auth"
	failSSHSession     = "ssh-session"
	failNeeds          = "needs"       // step: it has to be walked first
	failLeft           = "left-behind" // count
	failRoleHeld       = "role-held"   // role, command
	failBlocked        = "blocked"     // kind, id, count, things: ids of what the walk did not make

	// What a host showed instead of what it had to show.
	failBastionSilent   = "bastion-silent"
	failAnswered        = "private-answered"
	failWrongTable      = "wrong-table" // table, want
	failNoEndpoint      = "no-endpoint"
	failStillSilent     = "still-silent"
	failHostDenied      = "host-denied" // action, cause
	failHostCredentials = "host-credentials"
	failUnresolved      = "unresolved"
	failListing         = "listing" // status
	failNoService       = "no-service"
	failEndpointState   = "endpoint-state"
	failOtherEndpoint   = "other-endpoint" // table, id: of an endpoint that the walk did not make
	failNoAddress       = "no-address"
	failOutside         = "outside-list"
	failNoTrace         = "no-trace"
	failStars           = "not-stars"
	failTCP             = "tcp-not-reached"
	failNoRoute         = "no-endpoint-route"
	failRolePolicy      = "role-policy"
	failBucketPolicy    = "bucket-policy"

	valueAccount   = "account"
	valuePartition = "partition"
	valueRegion    = "region"
	valueS3        = "s3" // the name that is looked up
	valueBucket    = "bucket"
	valueTags      = "tags" // the learner's, as JSON
	valueSSHFrom   = "ssh-from"
	valueSSHGiven  = "ssh-given" // as the learner named it
	valueService   = "service"   // name of the gateway service
	valueHost      = "host"      // + "." + host: what it is logged in to by
	valueAddress   = "address"   // + "." + host: what its nslookup gave

	// RouteTable is the name of the learner's choice at 3.7; its values are
	// "private" and "public".
	RouteTable = "3.7.route_table"
)
