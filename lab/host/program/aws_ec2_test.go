package program

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
)

// The answers of EC2 as they come over the wire; the real CLI read these.
const (
	wireTables   = `<DescribeRouteTablesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><routeTableSet><item><routeTableId>rtb-0a1b2c3d4e5f60002</routeTableId><vpcId>vpc-0a1b2c3d4e5f60001</vpcId><ownerId>123456789012</ownerId><routeSet><item><destinationCidrBlock>10.0.0.0/16</destinationCidrBlock><gatewayId>local</gatewayId><state>active</state><origin>CreateRouteTable</origin></item><item><destinationPrefixListId>pl-78a54011</destinationPrefixListId><gatewayId>vpce-0a1b2c3d4e5f60718</gatewayId><state>active</state><origin>CreateRoute</origin></item></routeSet><associationSet><item><routeTableAssociationId>rtbassoc-1</routeTableAssociationId><routeTableId>rtb-0a1b2c3d4e5f60002</routeTableId><subnetId>subnet-1</subnetId><main>false</main><associationState><state>associated</state></associationState></item></associationSet><propagatingVgwSet/><tagSet/></item></routeTableSet></DescribeRouteTablesResponse>`
	wireEndpoint = `<CreateVpcEndpointResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><vpcEndpoint><vpcEndpointId>vpce-0a1b2c3d4e5f60718</vpcEndpointId><vpcEndpointType>Gateway</vpcEndpointType><vpcId>vpc-1</vpcId><serviceName>com.amazonaws.ap-northeast-2.s3</serviceName><state>available</state><policyDocument>{"Version":"2008-10-17"}</policyDocument><routeTableIdSet><item>rtb-1</item></routeTableIdSet><subnetIdSet/><groupSet/><privateDnsEnabled>false</privateDnsEnabled><requesterManaged>false</requesterManaged><networkInterfaceIdSet/><dnsEntrySet/><creationTimestamp>2022-01-03T11:50:21.000Z</creationTimestamp><tagSet><item><key>Name</key><value>s3-gw</value></item></tagSet><ownerId>123456789012</ownerId></vpcEndpoint></CreateVpcEndpointResponse>`
	wireEntries  = `<GetManagedPrefixListEntriesResponse><requestId>r</requestId><entrySet><item><cidr>3.5.140.0/22</cidr></item><item><cidr>3.5.144.0/23</cidr></item></entrySet></GetManagedPrefixListEntriesResponse>`
)

const shownTables = `{
    "RouteTables": [
        {
            "Associations": [
                {
                    "Main": false,
                    "RouteTableAssociationId": "rtbassoc-1",
                    "RouteTableId": "rtb-0a1b2c3d4e5f60002",
                    "SubnetId": "subnet-1",
                    "AssociationState": {
                        "State": "associated"
                    }
                }
            ],
            "PropagatingVgws": [],
            "RouteTableId": "rtb-0a1b2c3d4e5f60002",
            "Routes": [
                {
                    "DestinationCidrBlock": "10.0.0.0/16",
                    "GatewayId": "local",
                    "Origin": "CreateRouteTable",
                    "State": "active"
                },
                {
                    "DestinationPrefixListId": "pl-78a54011",
                    "GatewayId": "vpce-0a1b2c3d4e5f60718",
                    "Origin": "CreateRoute",
                    "State": "active"
                }
            ],
            "Tags": [],
            "VpcId": "vpc-0a1b2c3d4e5f60001",
            "OwnerId": "123456789012"
        }
    ]
}
`

const shownEndpoint = `{
    "VpcEndpoint": {
        "VpcEndpointId": "vpce-0a1b2c3d4e5f60718",
        "VpcEndpointType": "Gateway",
        "VpcId": "vpc-1",
        "ServiceName": "com.amazonaws.ap-northeast-2.s3",
        "State": "available",
        "PolicyDocument": "{\"Version\":\"2008-10-17\"}",
        "RouteTableIds": [
            "rtb-1"
        ],
        "SubnetIds": [],
        "Groups": [],
        "PrivateDnsEnabled": false,
        "RequesterManaged": false,
        "NetworkInterfaceIds": [],
        "DnsEntries": [],
        "CreationTimestamp": "2022-01-03T11:50:21+00:00",
        "Tags": [
            {
                "Key": "Name",
                "Value": "s3-gw"
            }
        ],
        "OwnerId": "123456789012"
    }
}
`

// ec2Answers makes the cloud answer one operation, and keeps what was asked.
func ec2Answers(c *cloud, asked *url.Values, answers ...string) {
	c.answer = func(w http.ResponseWriter, r *http.Request) bool {
		b, _ := io.ReadAll(r.Body)
		*asked, _ = url.ParseQuery(string(b))
		io.WriteString(w, answers[0])
		if len(answers) > 1 {
			answers = answers[1:]
		}
		return true
	}
}

func TestEC2(t *testing.T) {
	form := func(pairs ...string) string {
		v := url.Values{"Version": {"2016-11-15"}}
		for i := 0; i < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return v.Encode()
	}
	for _, c := range []struct {
		line, answer, form, want string
	}{
		{"aws ec2 describe-route-tables", wireTables, form("Action", "DescribeRouteTables"), shownTables},
		{"aws ec2 describe-route-tables --route-table-ids rtb-1 rtb-2 --filters Name=vpc-id,Values=a,b Name=x,Values=c --output text", wireTables,
			form("Action", "DescribeRouteTables", "RouteTableId.1", "rtb-1", "RouteTableId.2", "rtb-2", "Filter.1.Name", "vpc-id", "Filter.1.Value.1", "a",
				"Filter.1.Value.2", "b", "Filter.2.Name", "x", "Filter.2.Value.1", "c"),
			"ROUTETABLES\t123456789012\trtb-0a1b2c3d4e5f60002\tvpc-0a1b2c3d4e5f60001\nASSOCIATIONS\tFalse\trtbassoc-1\trtb-0a1b2c3d4e5f60002\tsubnet-1\n" +
				"ASSOCIATIONSTATE\tassociated\nROUTES\t10.0.0.0/16\t\tlocal\tCreateRouteTable\tactive\nROUTES\t\tpl-78a54011\tvpce-0a1b2c3d4e5f60718\tCreateRoute\tactive\n"},
		{"aws ec2 create-vpc-endpoint --vpc-id vpc-1 --service-name com.amazonaws.ap-northeast-2.s3 --route-table-ids rtb-1 --client-token t1 --tag-specifications ResourceType=vpc-endpoint,Tags=[{Key=Name,Value=s3-gw}]",
			wireEndpoint, form("Action", "CreateVpcEndpoint", "VpcId", "vpc-1", "ServiceName", "com.amazonaws.ap-northeast-2.s3", "RouteTableId.1", "rtb-1", "ClientToken", "t1",
				"TagSpecification.1.ResourceType", "vpc-endpoint", "TagSpecification.1.Tag.1.Key", "Name", "TagSpecification.1.Tag.1.Value", "s3-gw"), shownEndpoint},
		{"aws ec2 delete-vpc-endpoints --vpc-endpoint-ids vpce-1", "<R><unsuccessful/></R>", form("Action", "DeleteVpcEndpoints", "VpcEndpointId.1", "vpce-1"),
			"{\n    \"Unsuccessful\": []\n}\n"},
		{"aws ec2 modify-vpc-endpoint --vpc-endpoint-id vpce-1 --reset-policy", "<R><return>true</return></R>",
			form("Action", "ModifyVpcEndpoint", "VpcEndpointId", "vpce-1", "ResetPolicy", "true"), "{\n    \"Return\": true\n}\n"},
		{"aws ec2 get-managed-prefix-list-entries --prefix-list-id pl-78a54011 --output table", wireEntries,
			form("Action", "GetManagedPrefixListEntries", "PrefixListId", "pl-78a54011"),
			"-----------------------------\n|GetManagedPrefixListEntries|\n+---------------------------+\n||         Entries         ||\n|+-------------------------+|\n" +
				"||          Cidr           ||\n|+-------------------------+|\n||  3.5.140.0/22           ||\n||  3.5.144.0/23           ||\n|+-------------------------+|\n"},
	} {
		synctest.Test(t, func(t *testing.T) {
			cloud := newCloud(t)
			var asked url.Values
			ec2Answers(cloud, &asked, c.answer)
			out, errs, status := cloud.instance().run(t.Context(), t, c.line)
			if out != c.want || errs != "" || status != 0 {
				t.Errorf("%s: status %d %s\n%s--- want\n%s", c.line, status, errs, out, c.want)
			}
			if asked.Encode() != c.form {
				t.Errorf("%s: asked %s\nwant %s", c.line, asked.Encode(), c.form)
			}
			cloud.wg.Wait()
		})
	}
}

// Pages are one answer, as with the CLI's own paginator.
func TestEC2Pages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t)
		page := func(n int, token string) string {
			return fmt.Sprintf("<R><vpcSet><item><vpcId>vpc-%d</vpcId></item></vpcSet><nextToken>%s</nextToken></R>", n, token)
		}
		var asked url.Values
		ec2Answers(c, &asked, page(1, "more"), page(2, ""))
		out, _, _ := c.instance().run(t.Context(), t, "aws ec2 describe-vpcs --output text")
		if out != "VPCS\tvpc-1\nVPCS\tvpc-2\n" || asked.Get("NextToken") != "more" {
			t.Errorf("asked last %v\n%s", asked, out)
		}
		c.wg.Wait()
	})
}

// Every type that a shape names exists, and every answer has a shape.
func TestEC2Shapes(t *testing.T) {
	shapes := parseShapes(ec2Shapes)
	for name, members := range shapes {
		for _, m := range members {
			switch kind := strings.TrimPrefix(m.kind, "[]"); kind {
			case "", "bool", "int", "time":
			default:
				if shapes[kind] == nil {
					t.Errorf("%s.%s is a %s, which is not there", name, m.name, kind)
				}
			}
		}
	}
	for name, c := range ec2Commands() {
		if shapes[c.answer] == nil {
			t.Errorf("%s: no shape %s", name, c.answer)
		}
	}
}
