package world

import (
	"cmp"
	"encoding/hex"
	"slices"
	"strings"
)

// EndpointService is a service of AWS that VPC endpoints lead to.
type EndpointService struct {
	Name, Type  string // "com.amazonaws.ap-northeast-2.s3"; Gateway or Interface
	ID          string // vpce-svc-…
	PrivateName string // private DNS name; "" for Gateway
}

// EndpointServices are the services with endpoints in the region, in the order
// of their names and, of one name, Gateway first. S3 and DynamoDB are there
// twice, once for each type.
func (r *Region) EndpointServices() []EndpointService {
	var out []EndpointService
	add := func(short, kind, private string) {
		name := r.Service(short)
		id := hash64(name, kind)
		var b [8]byte
		for i := range b {
			b[i] = byte(id >> (8 * i))
		}
		out = append(out, EndpointService{name, kind, "vpce-svc-0" + hex.EncodeToString(b[:]), private})
	}
	for _, short := range []string{"dynamodb", "s3"} {
		add(short, "Gateway", "")
	}
	for row := range strings.FieldsSeq(interfaceServices) {
		// "short" or "short=host": the host is the short name unless it differs.
		short, host, ok := strings.Cut(row, "=")
		if !ok {
			host = short
		}
		add(short, "Interface", host+"."+r.Name+".amazonaws.com")
	}
	slices.SortStableFunc(out, func(a, b EndpointService) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Type, b.Type))
	})
	return out
}

// interfaceServices are the ones a learner is likely to look for, out of some
// hundreds.
const interfaceServices = `athena autoscaling cloudformation cloudtrail codebuild dynamodb ec2 ec2messages
	ecr.api=api.ecr ecr.dkr=*.dkr.ecr ecs ecs-agent=ecs-a ecs-telemetry=ecs-t eks elasticfilesystem
	elasticloadbalancing events execute-api=*.execute-api glue kinesis-streams=kinesis kms lambda logs
	monitoring rds s3=*.s3 sagemaker.api=api.sagemaker secretsmanager sns sqs ssm ssmmessages states sts
	xray`

// InstanceType is a size of machine.
type InstanceType struct {
	Name         string
	VCPUs, Cores int
	MemoryMiB    int
	Architecture []string
	FreeTier     bool // of accounts made since July 2025
	Hypervisor   string
	Network      string
	Interfaces   int
	Addresses    int // private IPv4 for each interface
	Current      bool
	Burstable    bool
	ClockGHz     float64
	zones        string // letters; "" means all
}

// In says whether the type is offered in a zone ("ap-northeast-2a").
func (t InstanceType) In(zone string) bool {
	return t.zones == "" || zone != "" && strings.Contains(t.zones, zone[len(zone)-1:])
}

// InstanceTypes are the sizes that can be run, by name. Some are not offered
// in every zone of Seoul, which is a trap of its own.
func (r *Region) InstanceTypes() []InstanceType {
	intel, arm := []string{"x86_64"}, []string{"arm64"}
	const five = "Up to 5 Gigabit"
	types := []InstanceType{
		{"c7i-flex.large", 2, 1, 4096, intel, true, "nitro", "Up to 12.5 Gigabit", 3, 10, true, false, 3.2, "bd"},
		{"m5.large", 2, 1, 8192, intel, false, "nitro", "Up to 10 Gigabit", 3, 10, false, false, 3.1, ""},
		{"m7i-flex.large", 2, 1, 8192, intel, true, "nitro", "Up to 12.5 Gigabit", 3, 10, true, false, 3.2, ""},
		{"t2.micro", 1, 1, 1024, []string{"i386", "x86_64"}, false, "xen", "Low to Moderate", 2, 2, true, true, 2.5, "ac"},
		{"t3.large", 2, 1, 8192, intel, false, "nitro", five, 3, 12, true, true, 2.5, ""},
		{"t3.medium", 2, 1, 4096, intel, false, "nitro", five, 3, 6, true, true, 2.5, ""},
		{"t3.micro", 2, 1, 1024, intel, true, "nitro", five, 2, 2, true, true, 2.5, ""},
		{"t3.nano", 2, 1, 512, intel, false, "nitro", five, 2, 2, true, true, 2.5, ""},
		{"t3.small", 2, 1, 2048, intel, true, "nitro", five, 3, 4, true, true, 2.5, ""},
		{"t3a.micro", 2, 1, 1024, intel, false, "nitro", five, 2, 2, true, true, 2.2, "ac"},
		{"t4g.medium", 2, 2, 4096, arm, false, "nitro", five, 3, 6, true, true, 2.5, ""},
		{"t4g.micro", 2, 2, 1024, arm, true, "nitro", five, 2, 2, true, true, 2.5, ""},
		{"t4g.nano", 2, 2, 512, arm, false, "nitro", five, 2, 2, true, true, 2.5, ""},
		{"t4g.small", 2, 2, 2048, arm, true, "nitro", five, 3, 4, true, true, 2.5, ""},
	}
	if r.Name != "ap-northeast-2" {
		for i := range types {
			types[i].zones = ""
		}
	}
	return types
}

// InstanceType finds a size by its name.
func (r *Region) InstanceType(name string) (InstanceType, bool) {
	for _, t := range r.InstanceTypes() {
		if t.Name == name {
			return t, true
		}
	}
	return InstanceType{}, false
}

// Image is an AMI of Amazon.
type Image struct {
	ID, Name, Description string
	Architecture          string
	RootDevice            string
	Owner                 string
	// Parameters are the public SSM parameters whose value is ID.
	Parameters       []string
	ParameterVersion int
}

const amiPath = "/aws/service/ami-amazon-linux-latest/"

// Images are the Amazon Linux 2023 images. Seoul's ids were real on
// 2026-05-01; other regions' are made up from their names.
func (r *Region) Images() []Image {
	const release = "2023.11.20260427.1"
	var out []Image
	for _, arch := range []string{"x86_64", "arm64"} {
		name := "al2023-ami-" + release + "-kernel-6.1-" + arch
		h := hash64(r.Name, name)
		id := "ami-00" + hex7(h) + "0" + hex7(h>>28)
		switch {
		case r.Name == "ap-northeast-2" && arch == "x86_64":
			id = "ami-087e08db3e40f7429"
		case r.Name == "ap-northeast-2":
			id = "ami-05447397cf5bc6461"
		}
		out = append(out, Image{
			ID:           id,
			Name:         name,
			Description:  "Amazon Linux 2023 AMI " + release + " " + arch + " HVM kernel-6.1",
			Architecture: arch,
			RootDevice:   "/dev/xvda",
			Owner:        "137112412989",
			Parameters: []string{
				amiPath + "al2023-ami-kernel-default-" + arch,
				amiPath + "al2023-ami-kernel-6.1-" + arch,
			},
			ParameterVersion: 161,
		})
	}
	return out
}
