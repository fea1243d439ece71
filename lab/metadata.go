package lab

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatewalk/lab/world"
)

// metadata is the instance metadata service at 169.254.169.254, version 2
// (EC2 user guide, "configuring-instance-metadata-service"): PUT a token, then
// GET with it. Who asks is known by the wire address alone.
type metadata struct {
	world *world.World
	clock *world.Clock
	// secret signs tokens and derives role credentials, so that both survive
	// a restart of the lab and none must be remembered.
	secret []byte
}

const (
	tokenHeader = "X-Aws-Ec2-Metadata-Token"
	ttlHeader   = "X-Aws-Ec2-Metadata-Token-Ttl-Seconds"
	maxTokenTTL = 21600
)

func (m *metadata) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Server", "EC2ws")
	state := m.world.Snapshot()
	i := instanceBehind(state, r.RemoteAddr)
	switch {
	case i == nil:
		http.Error(w, "", http.StatusNotFound)
	case r.URL.Path == "/latest/api/token":
		m.token(w, r, i)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		http.Error(w, "", http.StatusMethodNotAllowed)
	case !m.admits(r, i):
		http.Error(w, "", http.StatusUnauthorized)
	default:
		m.get(w, r, state, i)
	}
}

// instanceBehind finds who speaks from a carrier address of the wire.
func instanceBehind(s *world.State, remote string) *world.Instance {
	addr, err := netip.ParseAddrPort(remote)
	if err != nil {
		return nil
	}
	eni := s.ByCarrier(addr.Addr())
	if eni == nil {
		return nil
	}
	return s.Instances[eni.InstanceID]
}

func (m *metadata) token(w http.ResponseWriter, r *http.Request, i *world.Instance) {
	ttl, err := strconv.Atoi(r.Header.Get(ttlHeader))
	switch {
	case r.Method != http.MethodPut:
		http.Error(w, "", http.StatusMethodNotAllowed)
	case r.Header.Get("X-Forwarded-For") != "": // a proxy must not fetch tokens for others
		http.Error(w, "", http.StatusForbidden)
	case err != nil || ttl < 1 || ttl > maxTokenTTL:
		http.Error(w, "", http.StatusBadRequest)
	default:
		w.Header().Set(ttlHeader, strconv.Itoa(ttl))
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprint(w, m.sign(i.ID, m.clock.Now().Add(time.Duration(ttl)*time.Second)))
	}
}

// sign makes a token that names its end and its instance.
func (m *metadata) sign(instance string, ends time.Time) string {
	end := strconv.FormatInt(ends.Unix(), 36)
	return "AQAE" + end + "_" + base64.RawURLEncoding.EncodeToString(m.derive("token", instance, end))
}

func (m *metadata) derive(parts ...string) []byte {
	mac := hmac.New(sha256.New, m.secret)
	mac.Write([]byte(strings.Join(parts, "\x00")))
	return mac.Sum(nil)
}

// admits checks the token of a request; instances that only prefer tokens
// answer without one.
func (m *metadata) admits(r *http.Request, i *world.Instance) bool {
	token := r.Header.Get(tokenHeader)
	if token == "" {
		return i.HttpTokens != "required"
	}
	end, _, _ := strings.Cut(strings.TrimPrefix(token, "AQAE"), "_")
	unix, err := strconv.ParseInt(end, 36, 64)
	if err != nil || !m.clock.Now().Before(time.Unix(unix, 0)) {
		return false
	}
	return hmac.Equal([]byte(token), []byte(m.sign(i.ID, time.Unix(unix, 0))))
}

// get answers a path: a leaf's value, or the names below a folder.
func (m *metadata) get(w http.ResponseWriter, r *http.Request, s *world.State, i *world.Instance) {
	leaves, err := m.leaves(s, i)
	if err != nil {
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	p := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/latest/"), "/")
	w.Header().Set("Content-Type", "text/plain")
	if v, ok := leaves[p]; ok {
		fmt.Fprint(w, v)
		return
	}
	below := map[string]bool{}
	for leaf := range leaves {
		rest, ok := strings.CutPrefix(leaf, p+"/")
		if p == "" || p == "/latest" {
			rest, ok = leaf, true
		}
		if !ok {
			continue
		}
		name, _, folder := strings.Cut(rest, "/")
		if folder {
			name += "/"
		}
		below[name] = true
	}
	if len(below) == 0 {
		http.Error(w, "", http.StatusNotFound)
		return
	}
	fmt.Fprint(w, strings.Join(slices.Sorted(maps.Keys(below)), "\n"))
}

// leaves are all values that an instance can ask for, by path below /latest/.
func (m *metadata) leaves(s *world.State, i *world.Instance) (map[string]string, error) {
	eni, subnet, vpc := s.Interfaces[i.InterfaceID], s.Subnets[i.SubnetID], s.Vpcs[i.VpcID]
	if eni == nil || subnet == nil || vpc == nil {
		return nil, fmt.Errorf("instance %s has no interface", i.ID)
	}
	mac := "meta-data/network/interfaces/macs/" + eni.Mac + "/"
	leaves := map[string]string{
		"meta-data/ami-id":                      i.ImageID,
		"meta-data/hostname":                    world.PrivateName(eni.PrivateIP, s.Region),
		"meta-data/local-hostname":              world.PrivateName(eni.PrivateIP, s.Region),
		"meta-data/local-ipv4":                  eni.PrivateIP.String(),
		"meta-data/instance-id":                 i.ID,
		"meta-data/instance-type":               i.Type,
		"meta-data/mac":                         eni.Mac,
		"meta-data/placement/availability-zone": subnet.Zone,
		"meta-data/placement/region":            s.Region,
		"meta-data/security-groups":             groupNames(s, eni),
		mac + "local-ipv4s":                     eni.PrivateIP.String(),
		mac + "subnet-id":                       subnet.ID,
		mac + "subnet-ipv4-cidr-block":          subnet.Cidr.String(),
		mac + "vpc-id":                          vpc.ID,
		mac + "vpc-ipv4-cidr-block":             vpc.Cidr.String(),
		"dynamic/instance-identity/document":    identity(s, i, eni, subnet),
	}
	if eni.PublicIP.IsValid() {
		leaves["meta-data/public-ipv4"] = eni.PublicIP.String()
		if vpc.EnableDnsHostnames {
			leaves["meta-data/public-hostname"] = world.PublicName(eni.PublicIP, s.Region)
		}
	}
	for _, k := range s.KeyPairs {
		if k.Name == i.KeyName {
			leaves["meta-data/public-keys/0/openssh-key"] = k.PublicKey + "\n"
		}
	}
	if len(i.UserData) > 0 {
		leaves["user-data"] = string(i.UserData)
	}
	if profile := s.Profiles[i.Profile]; profile != nil {
		leaves["meta-data/iam/info"] = fmt.Sprintf("{\n  \"Code\" : \"Success\",\n  \"LastUpdated\" : %q,\n  \"InstanceProfileArn\" : \"arn:%s:iam::%s:instance-profile/%s\",\n  \"InstanceProfileId\" : %q\n}",
			i.Launched.UTC().Format(time.RFC3339), s.Partition(), s.Account, profile.Name, profile.ID)
		if role := s.Roles[profile.Role]; role != nil {
			credentials, err := m.credentials(s, i, role)
			if err != nil {
				return nil, err
			}
			leaves["meta-data/iam/security-credentials/"+role.Name] = credentials
		}
	}
	return leaves, nil
}

func groupNames(s *world.State, eni *world.Interface) string {
	var names []string
	for _, id := range eni.Groups {
		if g := s.SecurityGroups[id]; g != nil {
			names = append(names, g.Name)
		}
	}
	return strings.Join(names, "\n")
}

func identity(s *world.State, i *world.Instance, eni *world.Interface, subnet *world.Subnet) string {
	doc, _ := json.MarshalIndent(struct {
		AccountID        string `json:"accountId"`
		Architecture     string `json:"architecture"`
		AvailabilityZone string `json:"availabilityZone"`
		ImageID          string `json:"imageId"`
		InstanceID       string `json:"instanceId"`
		InstanceType     string `json:"instanceType"`
		PendingTime      string `json:"pendingTime"`
		PrivateIP        string `json:"privateIp"`
		Region           string `json:"region"`
		Version          string `json:"version"`
	}{s.Account, "x86_64", subnet.Zone, i.ImageID, i.ID, i.Type, i.Launched.UTC().Format(time.RFC3339), eni.PrivateIP.String(), s.Region, "2017-09-30"}, "", "  ")
	return string(doc)
}

// lifetime is how long role credentials are good for; they are renewed on the
// full hour, as the keys are derived from it.
const lifetime = 6 * time.Hour

// credentials are the role's temporary keys for one instance and hour.
func (m *metadata) credentials(s *world.State, i *world.Instance, role *world.Role) (string, error) {
	from := m.clock.Now().UTC().Truncate(time.Hour)
	seed := m.derive("role", i.ID, role.ID, from.Format(time.RFC3339))
	p := world.Principal{
		AccessKeyID:  "ASIA" + strings.ToUpper(hex.EncodeToString(seed[:8])),
		SecretKey:    base64.StdEncoding.EncodeToString(m.derive("secret", string(seed)))[:40],
		SessionToken: "IQoJb3JpZ2luX2Vj" + base64.StdEncoding.EncodeToString(m.derive("session", string(seed))),
		Arn:          fmt.Sprintf("arn:%s:sts::%s:assumed-role/%s/%s", s.Partition(), s.Account, role.Name, i.ID),
		UserID:       role.ID + ":" + i.ID,
		Expires:      from.Add(lifetime),
		Role:         role.Name,
	}
	if s.Principals[p.AccessKeyID] == nil {
		if err := m.world.Update(func(tx *world.Tx) error { tx.OpenSession(&p); return nil }); err != nil {
			return "", err
		}
	}
	doc, err := json.MarshalIndent(struct {
		Code, LastUpdated, Type, AccessKeyId, SecretAccessKey, Token, Expiration string
	}{"Success", from.Format(time.RFC3339), "AWS-HMAC", p.AccessKeyID, p.SecretKey, p.SessionToken, p.Expires.Format(time.RFC3339)}, "", "  ")
	return string(doc), err
}
