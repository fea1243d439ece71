package awsapi

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"gatewalk/lab/sigv4"
	"gatewalk/lab/world"
)

// FuzzAPI asks any action of the query and JSON services for whatever comes, as
// the administrator of an account that has one of most things. It gets one
// answer that is well-formed and not the lab's own failure, and what is left of
// the account can be saved and loaded.
func FuzzAPI(f *testing.F) {
	actions := map[string][]string{
		"ec2": slices.Sorted(maps.Keys(ec2Ops)), "iam": slices.Sorted(maps.Keys(iamOps)),
		"sts": slices.Sorted(maps.Keys(stsOps)), "ssm": slices.Sorted(maps.Keys(ssmOps)),
	}
	clock := world.NewClock(time.Date(2022, 1, 3, 2, 36, 9, 0, time.UTC), 1)
	base, ids := furnished(f, clock)
	for service, all := range actions {
		for i := range all {
			if service == "ssm" {
				f.Add(service, uint(i), `{"Name":"/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64","Names":["x"],"Path":"/aws","MaxResults":1,"NextToken":"x"}`)
				continue
			}
			f.Add(service, uint(i), "")
			f.Add(service, uint(i), ids+"&MaxResults=5&NextToken=x&DryRun=true")
			f.Add(service, uint(i), ids+"&CidrBlock=10.0.9.0/24&DestinationCidrBlock=0.0.0.0/0&Protocol=-1&RuleAction=allow&RuleNumber=1&Egress=true&PortRange.From=-1&PortRange.To=99999"+
				"&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=22&IpPermissions.1.ToPort=22&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0&IpPermissions.1.Groups.1.GroupId=sg-1&GroupName=g&GroupDescription=d"+
				"&ServiceName=com.amazonaws.ap-northeast-2.s3&VpcEndpointType=Gateway&MinCount=1&MaxCount=1&InstanceType=t3.micro&KeyName=k&PublicKeyMaterial=eA==&UserData=eA==")
			f.Add(service, uint(i), "RoleName=reader&UserName=u&PolicyName=p&PolicyDocument={}&AssumeRolePolicyDocument={}&InstanceProfileName=reader&RoleArn=arn:aws:iam::123456789012:role/reader&RoleSessionName=s&DurationSeconds=900&MaxItems=1&Marker=x&Path=/")
			f.Add(service, uint(i), ids+"&Filter.1.Name=tag:a&Filter.1.Value.1=*&Filter.2.Name=vpc-id&Filter.2.Value.1=?&Tag.1.Key=a&Tag.1.Value=%EA%B0%80&TagSpecification.1.ResourceType=vpc&TagSpecification.1.Tag.1.Key=k")
		}
	}
	f.Fuzz(func(t *testing.T, service string, n uint, params string) {
		all := actions[service]
		if len(all) == 0 {
			return
		}
		action := all[n%uint(len(all))]
		objects, err := OpenObjects("")
		if err != nil {
			t.Fatal(err)
		}
		w := world.New(world.Options{State: base, Clock: clock})
		body, content := "Action="+action+"&Version=2016-11-15&"+params, formType
		if service == "ssm" {
			body, content = params, "application/x-amz-json-1.1"
		}
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.Header.Set("Content-Type", content)
		r.Header.Set("X-Amz-Target", "AmazonSSM."+action)
		sigv4.Sign(r, []byte(body), sigv4.Credentials{AccessKeyID: "AKIAADMIN", SecretKey: "admin"}, "ap-northeast-2", service, clock.Now())
		out := httptest.NewRecorder()
		New(w, objects).ServeHTTP(out, r)
		if out.Code == http.StatusInternalServerError || out.Code < 200 || strings.Contains(out.Body.String(), "AuthFailure") || strings.Contains(out.Body.String(), "SignatureDoesNotMatch") {
			t.Fatalf("%s %q: %d %s", action, params, out.Code, out.Body)
		}
		if err := wellFormed(out.Body.Bytes(), service == "ssm"); err != nil {
			t.Errorf("%s %q is answered with %s: %v", action, params, out.Body, err)
		}
		var saved bytes.Buffer
		if err := w.Snapshot().Encode(&saved); err != nil {
			t.Fatalf("after %s %q the account cannot be saved: %v", action, params, err)
		}
		if _, err := world.Decode(&saved); err != nil {
			t.Errorf("after %s %q the account cannot be loaded: %v", action, params, err)
		}
	})
}

func wellFormed(answer []byte, isJSON bool) error {
	if isJSON {
		return json.Unmarshal(answer, new(any))
	}
	for d := xml.NewDecoder(bytes.NewReader(answer)); ; {
		if _, err := d.Token(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// furnished is an account with one of most things, and all their ids as
// parameters.
func furnished(f *testing.F, clock *world.Clock) (s *world.State, ids string) {
	f.Helper()
	w := world.New(world.Options{Seed: 7, Clock: clock})
	var params []string
	param := func(value string, names ...string) {
		for _, n := range names {
			params = append(params, n+"="+value)
		}
	}
	check := func(err error) {
		if err != nil {
			f.Helper()
			f.Fatal(err)
		}
	}
	check(w.Update(func(tx *world.Tx) error {
		tx.Principals.Put("AKIAADMIN", &world.Principal{AccessKeyID: "AKIAADMIN", SecretKey: "admin", UserID: "AIDAADMIN", Arn: "arn:aws:iam::123456789012:user/admin", Admin: true})
		vpc, err := tx.CreateVpc("10.0.0.0/16", nil)
		check(err)
		param(vpc.ID, "VpcId", "VpcId.1", "ResourceId.1")
		subnet, err := tx.CreateSubnet(vpc.ID, "10.0.1.0/24", "", nil)
		check(err)
		param(subnet.ID, "SubnetId", "SubnetId.1")
		gateway, err := tx.CreateInternetGateway(nil)
		check(err)
		check(tx.AttachInternetGateway(gateway.ID, vpc.ID))
		param(gateway.ID, "GatewayId", "InternetGatewayId", "InternetGatewayId.1")
		table, err := tx.CreateRouteTable(vpc.ID, nil)
		check(err)
		check(tx.CreateRoute(table.ID, world.RouteSpec{Cidr: "0.0.0.0/0", Target: gateway.ID}))
		param(table.ID, "RouteTableId", "RouteTableId.1", "AddRouteTableId.1")
		group, err := tx.CreateSecurityGroup(vpc.ID, "group", "group", nil)
		check(err)
		param(group.ID, "GroupId", "GroupId.1", "SecurityGroupId.1")
		endpoint, err := tx.CreateVpcEndpoint(world.EndpointSpec{VpcID: vpc.ID, Service: "com.amazonaws.ap-northeast-2.s3", Type: "Gateway", RouteTables: []string{table.ID}})
		check(err)
		param(endpoint.ID, "VpcEndpointId", "VpcEndpointId.1")
		image := world.RegionData("ap-northeast-2").Images()[0].ID
		made, err := tx.RunInstances(world.Launch{ImageID: image, SubnetID: subnet.ID})
		check(err)
		tx.Instances.Edit(made[0].ID).State = world.Running
		param(made[0].ID, "InstanceId", "InstanceId.1", "Source", "Destination")
		param(made[0].InterfaceID, "NetworkInterfaceId", "NetworkInterfaceId.1")
		param(image, "ImageId", "ImageId.1")
		acl, err := tx.CreateNetworkAcl(vpc.ID, nil)
		check(err)
		param(acl.ID, "NetworkAclId", "NetworkAclId.1")
		_, err = tx.CreateRole(world.Role{Name: "reader", Trust: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}`})
		check(err)
		_, err = tx.CreateInstanceProfile(world.InstanceProfile{Name: "reader"})
		check(err)
		return tx.AddRoleToInstanceProfile("reader", "reader")
	}))
	for id := range world.Sorted(w.Snapshot().PrefixLists) {
		param(id, "PrefixListId", "PrefixListId.1", "DestinationPrefixListId")
		break
	}
	return w.Snapshot(), strings.Join(params, "&")
}
