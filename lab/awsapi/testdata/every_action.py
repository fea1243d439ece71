"""Asks a lab for every action that it has, once at least, by boto3.

Prints "service action" for each that was answered and that botocore's parser
took without a warning. What is made is deleted again.
"""
import logging, sys, time, warnings
import boto3, botocore.exceptions
from botocore.config import Config

warnings.simplefilter("error")


class Loud(logging.Handler):
    def emit(self, record):
        sys.exit("botocore warns: " + record.getMessage())


logging.getLogger("botocore").addHandler(Loud(level=logging.WARNING))
seen = set()


def client(name):
    c = boto3.client(name, region_name="ap-northeast-2", config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}))

    def answered(model, parsed, http_response, **_):
        if http_response.status_code < 300:
            seen.add((name, model.name))
    c.meta.events.register("after-call." + name, answered)
    return c


def refused(code, call, **kw):
    """An answer that is an error, as AWS's own is to this question."""
    try:
        call(**kw)
    except botocore.exceptions.ClientError as e:
        assert e.response["Error"]["Code"] == code, e
        seen.add((call.__self__.meta.service_model.service_name, call.__self__.meta.method_to_api_mapping[call.__name__]))
        return
    sys.exit(call.__name__ + " should be refused with " + code)


def until(done, what):
    for _ in range(1000):
        if done():
            return
        time.sleep(0.01)
    sys.exit("waited in vain for " + what)


ec2, iam, sts, ssm, ddb, s3 = (client(n) for n in ("ec2", "iam", "sts", "ssm", "dynamodb", "s3"))


def first(answer, *path):
    for p in path:
        answer = answer[p]
    return answer


def tags(kind, name):
    return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}]}]


# Who, where and what there is.
account = sts.get_caller_identity()["Account"]
ec2.describe_regions(), ec2.describe_availability_zones(), ec2.describe_account_attributes()
ec2.describe_instance_types(), ec2.describe_instance_type_offerings(LocationType="availability-zone")
image = ssm.get_parameter(Name="/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64")["Parameter"]["Value"]
ssm.get_parameters(Names=["/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"])
assert len(ssm.get_parameters_by_path(Path="/aws/service/", Recursive=True)["Parameters"]) > 1
ec2.describe_images(Owners=["amazon"])
assert ddb.list_tables()["TableNames"] == []

# Role, profile, user.
trust = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com","AWS":"arn:aws:iam::%s:root"},"Action":"sts:AssumeRole"}]}' % account
policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust, Tags=[{"Key": "a", "Value": "b"}])
iam.get_role(RoleName="r"), iam.list_roles(), iam.update_assume_role_policy(RoleName="r", PolicyDocument=trust)
iam.tag_role(RoleName="r", Tags=[{"Key": "c", "Value": "d"}]), iam.list_role_tags(RoleName="r"), iam.untag_role(RoleName="r", TagKeys=["c"])
iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=policy)
assert iam.get_role_policy(RoleName="r", PolicyName="p")["PolicyDocument"]["Statement"][0]["Action"] == "s3:*"
iam.list_role_policies(RoleName="r")
reader = [p for p in iam.list_policies(Scope="AWS")["Policies"] if p["PolicyName"] == "AmazonS3ReadOnlyAccess"][0]["Arn"]
iam.attach_role_policy(RoleName="r", PolicyArn=reader)
assert iam.list_attached_role_policies(RoleName="r")["AttachedPolicies"][0]["PolicyArn"] == reader
assert iam.get_policy(PolicyArn=reader)["Policy"]["AttachmentCount"] == 1
assert iam.get_policy_version(PolicyArn=reader, VersionId="v1")["PolicyVersion"]["Document"]["Statement"][0]["Effect"] == "Allow"
refused("DeleteConflict", iam.delete_role, RoleName="r"), iam.detach_role_policy(RoleName="r", PolicyArn=reader)
iam.update_role(RoleName="r", Description="x", MaxSessionDuration=7200)
assert iam.update_role_description(RoleName="r", Description="y")["Role"]["MaxSessionDuration"] == 7200
ask = dict(ActionNames=["s3:ListBucket", "ec2:RunInstances"], ResourceArns=["arn:aws:s3:::b"])
assert [(r["EvalDecision"], [m["SourcePolicyId"] for m in r["MatchedStatements"]]) for r in iam.simulate_principal_policy(PolicySourceArn=iam.get_role(RoleName="r")["Role"]["Arn"], **ask)["EvaluationResults"]] == [("allowed", ["role_r_p"]), ("implicitDeny", [])]
deny = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"aws:SourceVpce":"vpce-1"}}}}'
judged = iam.simulate_custom_policy(PolicyInputList=[policy, deny], **ask)["EvaluationResults"][0]
assert (judged["EvalDecision"], judged["MatchedStatements"][0]["SourcePolicyId"], judged["MissingContextValues"]) == ("explicitDeny", "PolicyInputList.2", ["aws:SourceVpce"]), judged
within = [{"ContextKeyName": "aws:SourceVpce", "ContextKeyValues": ["vpce-1"], "ContextKeyType": "string"}]
assert iam.simulate_custom_policy(PolicyInputList=[policy, deny], ContextEntries=within, **ask)["EvaluationResults"][0]["EvalDecision"] == "allowed"
assert iam.get_context_keys_for_custom_policy(PolicyInputList=[deny])["ContextKeyNames"] == ["aws:SourceVpce"]
assert iam.get_context_keys_for_principal_policy(PolicySourceArn=iam.get_role(RoleName="r")["Role"]["Arn"], PolicyInputList=[deny])["ContextKeyNames"] == ["aws:SourceVpce"]
own = iam.create_policy(PolicyName="own", PolicyDocument=policy, Description="d", Tags=[{"Key": "a", "Value": "b"}])["Policy"]["Arn"]
iam.attach_role_policy(RoleName="r", PolicyArn=own)
assert iam.list_entities_for_policy(PolicyArn=own)["PolicyRoles"][0]["RoleName"] == "r"
refused("DeleteConflict", iam.delete_policy, PolicyArn=own), iam.detach_role_policy(RoleName="r", PolicyArn=own)
iam.create_policy_version(PolicyArn=own, PolicyDocument=policy), iam.set_default_policy_version(PolicyArn=own, VersionId="v2")
assert [v["VersionId"] for v in iam.list_policy_versions(PolicyArn=own)["Versions"]] == ["v2", "v1"]
iam.tag_policy(PolicyArn=own, Tags=[{"Key": "c", "Value": "d"}]), iam.untag_policy(PolicyArn=own, TagKeys=["a"])
assert iam.list_policy_tags(PolicyArn=own)["Tags"] == [{"Key": "c", "Value": "d"}]
iam.delete_policy_version(PolicyArn=own, VersionId="v1"), iam.delete_policy(PolicyArn=own)
iam.create_instance_profile(InstanceProfileName="r")
iam.tag_instance_profile(InstanceProfileName="r", Tags=[{"Key": "c", "Value": "d"}]), iam.list_instance_profile_tags(InstanceProfileName="r")
iam.untag_instance_profile(InstanceProfileName="r", TagKeys=["c"])
iam.add_role_to_instance_profile(InstanceProfileName="r", RoleName="r")
profile = iam.get_instance_profile(InstanceProfileName="r")["InstanceProfile"]
iam.list_instance_profiles(), iam.list_instance_profiles_for_role(RoleName="r")
sts.assume_role(RoleArn="arn:aws:iam::%s:role/r" % account, RoleSessionName="me")
sts.get_session_token(DurationSeconds=900)
refused("InvalidAuthorizationMessageException", sts.decode_authorization_message, EncodedMessage="x")
iam.create_user(UserName="u"), iam.get_user(UserName="u"), iam.list_users(), iam.list_account_aliases()
iam.tag_user(UserName="u", Tags=[{"Key": "a", "Value": "b"}]), iam.untag_user(UserName="u", TagKeys=["x"])
assert iam.list_user_tags(UserName="u")["Tags"] == [{"Key": "a", "Value": "b"}]
iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=policy), iam.get_user_policy(UserName="u", PolicyName="p")
iam.attach_user_policy(UserName="u", PolicyArn=reader)
iam.list_user_policies(UserName="u"), iam.list_attached_user_policies(UserName="u"), iam.list_groups_for_user(UserName="u")
key = iam.create_access_key(UserName="u")["AccessKey"]["AccessKeyId"]
iam.list_access_keys(UserName="u"), iam.delete_access_key(UserName="u", AccessKeyId=key)
iam.detach_user_policy(UserName="u", PolicyArn=reader)
iam.delete_user_policy(UserName="u", PolicyName="p"), iam.delete_user(UserName="u")

# Network.
vpc = first(ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tags("vpc", "v")), "Vpc", "VpcId")
ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
assert ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsHostnames")["EnableDnsHostnames"]["Value"]
ec2.describe_vpcs()
a = first(ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24", AvailabilityZone="ap-northeast-2a"), "Subnet", "SubnetId")
b = first(ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.2.0/24", AvailabilityZone="ap-northeast-2c"), "Subnet", "SubnetId")
ec2.modify_subnet_attribute(SubnetId=a, MapPublicIpOnLaunch={"Value": True}), ec2.describe_subnets()
igw = first(ec2.create_internet_gateway(), "InternetGateway", "InternetGatewayId")
ec2.attach_internet_gateway(InternetGatewayId=igw, VpcId=vpc), ec2.describe_internet_gateways()
rtb = first(ec2.create_route_table(VpcId=vpc), "RouteTable", "RouteTableId")
other = first(ec2.create_route_table(VpcId=vpc), "RouteTable", "RouteTableId")
assoc = ec2.associate_route_table(RouteTableId=rtb, SubnetId=a)["AssociationId"]
assoc = ec2.replace_route_table_association(AssociationId=assoc, RouteTableId=other)["NewAssociationId"]
ec2.create_route(RouteTableId=other, DestinationCidrBlock="0.0.0.0/0", GatewayId=igw)
ec2.describe_route_tables()
acl = first(ec2.create_network_acl(VpcId=vpc), "NetworkAcl", "NetworkAclId")
entry = dict(NetworkAclId=acl, RuleNumber=100, Egress=False, Protocol="6", CidrBlock="0.0.0.0/0", PortRange={"From": 22, "To": 22})
ec2.create_network_acl_entry(RuleAction="allow", **entry), ec2.replace_network_acl_entry(RuleAction="deny", **entry)
ec2.delete_network_acl_entry(NetworkAclId=acl, RuleNumber=100, Egress=False)
old = [x for n in ec2.describe_network_acls()["NetworkAcls"] for x in n["Associations"] if x["SubnetId"] == b][0]
moved = ec2.replace_network_acl_association(AssociationId=old["NetworkAclAssociationId"], NetworkAclId=acl)["NewAssociationId"]
ec2.replace_network_acl_association(AssociationId=moved, NetworkAclId=old["NetworkAclId"]), ec2.delete_network_acl(NetworkAclId=acl)
sg = ec2.create_security_group(GroupName="g", Description="d", VpcId=vpc)["GroupId"]
ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "203.0.113.42/32", "Description": "x"}]}
rule = ec2.authorize_security_group_ingress(GroupId=sg, IpPermissions=[ssh])["SecurityGroupRules"][0]["SecurityGroupRuleId"]
ec2.authorize_security_group_egress(GroupId=sg, IpPermissions=[ssh])
ec2.update_security_group_rule_descriptions_ingress(GroupId=sg, IpPermissions=[ssh]), ec2.update_security_group_rule_descriptions_egress(GroupId=sg, IpPermissions=[ssh])
ec2.modify_security_group_rules(GroupId=sg, SecurityGroupRules=[{"SecurityGroupRuleId": rule, "SecurityGroupRule": {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv4": "10.0.0.0/16"}}])
assert len(ec2.get_security_groups_for_vpc(VpcId=vpc)["SecurityGroupForVpcs"]) == 2
ec2.describe_security_groups(), ec2.describe_security_group_rules()
ec2.revoke_security_group_egress(GroupId=sg, IpPermissions=[ssh])
made = ec2.create_managed_prefix_list(PrefixListName="l", AddressFamily="IPv4", MaxEntries=3, Entries=[{"Cidr": "192.0.2.0/24"}])["PrefixList"]
ec2.modify_managed_prefix_list(PrefixListId=made["PrefixListId"], CurrentVersion=made["Version"], AddEntries=[{"Cidr": "198.51.100.0/24"}])
ec2.get_managed_prefix_list_entries(PrefixListId=made["PrefixListId"]), ec2.describe_managed_prefix_lists(), ec2.describe_prefix_lists()
assert ec2.get_managed_prefix_list_associations(PrefixListId=made["PrefixListId"])["PrefixListAssociations"] == []
ec2.delete_managed_prefix_list(PrefixListId=made["PrefixListId"])

# Machines.
ec2.create_key_pair(KeyName="k", KeyType="ed25519"), ec2.describe_key_pairs(), ec2.delete_key_pair(KeyName="k")
ec2.import_key_pair(KeyName="k", PublicKeyMaterial=b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJyHQ2ynUyNTjGuaXDmYfTN7LTcIL7nYbAgyEvPqvMEq me")
i = ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1, SubnetId=a, SecurityGroupIds=[sg], KeyName="k", UserData="#!/bin/sh")["Instances"][0]["InstanceId"]
state = lambda want: lambda: ec2.describe_instances(InstanceIds=[i])["Reservations"][0]["Instances"][0]["State"]["Name"] == want
until(state("running"), "the instance")
ec2.describe_instance_status(), ec2.get_console_output(InstanceId=i), ec2.describe_instance_attribute(InstanceId=i, Attribute="userData")
ec2.describe_instance_credit_specifications(InstanceIds=[i]), ec2.describe_volumes(), ec2.describe_network_interfaces()
ec2.modify_instance_metadata_options(InstanceId=i, HttpTokens="optional"), ec2.modify_instance_attribute(InstanceId=i, Groups=[sg])
eni = ec2.describe_instances()["Reservations"][0]["Instances"][0]["NetworkInterfaces"][0]["NetworkInterfaceId"]
ec2.modify_network_interface_attribute(NetworkInterfaceId=eni, Groups=[sg])
attached = ec2.describe_network_interface_attribute(NetworkInterfaceId=eni, Attribute="attachment")["Attachment"]
refused("OperationNotPermitted", ec2.detach_network_interface, AttachmentId=attached["AttachmentId"])
spare = ec2.create_network_interface(SubnetId=b, Description="spare", Groups=[sg], TagSpecifications=tags("network-interface", "n"))["NetworkInterface"]
assert (spare["Status"], "Attachment" in spare, spare["TagSet"][0]["Value"]) == ("available", False, "n")
ec2.delete_network_interface(NetworkInterfaceId=spare["NetworkInterfaceId"])
link = ec2.associate_iam_instance_profile(InstanceId=i, IamInstanceProfile={"Arn": profile["Arn"]})["IamInstanceProfileAssociation"]["AssociationId"]
link = ec2.replace_iam_instance_profile_association(AssociationId=link, IamInstanceProfile={"Name": "r"})["IamInstanceProfileAssociation"]["AssociationId"]
ec2.describe_iam_instance_profile_associations(), ec2.disassociate_iam_instance_profile(AssociationId=link)
assert ec2.monitor_instances(InstanceIds=[i])["InstanceMonitorings"][0]["Monitoring"]["State"] == "pending"
assert ec2.describe_instances(InstanceIds=[i])["Reservations"][0]["Instances"][0]["Monitoring"]["State"] == "enabled"
ec2.unmonitor_instances(InstanceIds=[i])
assert ec2.describe_instance_attribute(InstanceId=i, Attribute="blockDeviceMapping")["BlockDeviceMappings"][0]["DeviceName"] == "/dev/xvda"
ec2.reboot_instances(InstanceIds=[i])
refused("VolumeInUse", ec2.delete_volume, VolumeId=ec2.describe_volumes()["Volumes"][0]["VolumeId"])
eip = ec2.allocate_address(Domain="vpc")["AllocationId"]
link = ec2.associate_address(AllocationId=eip, InstanceId=i)["AssociationId"]
ec2.describe_instances(), ec2.describe_network_interfaces()
ec2.describe_addresses(), ec2.describe_addresses_attribute(), ec2.disassociate_address(AssociationId=link)
nat = ec2.create_nat_gateway(SubnetId=a, AllocationId=eip)["NatGateway"]["NatGatewayId"]
until(lambda: ec2.describe_nat_gateways(NatGatewayIds=[nat])["NatGateways"][0]["State"] == "available", "the NAT gateway")
ec2.replace_route(RouteTableId=other, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat), ec2.delete_route(RouteTableId=other, DestinationCidrBlock="0.0.0.0/0")
ec2.delete_nat_gateway(NatGatewayId=nat)
until(lambda: ec2.describe_nat_gateways(NatGatewayIds=[nat])["NatGateways"][0]["State"] == "deleted", "the NAT gateway to go")
ec2.release_address(AllocationId=eip)

# Endpoints, tags, reachability.
assert len(ec2.describe_vpc_endpoint_services(ServiceNames=["com.amazonaws.ap-northeast-2.s3"])["ServiceDetails"]) == 2
gw = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.ap-northeast-2.s3", RouteTableIds=[rtb])["VpcEndpoint"]["VpcEndpointId"]
face = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.ap-northeast-2.s3", VpcEndpointType="Interface", SubnetIds=[b], PrivateDnsEnabled=True)["VpcEndpoint"]["VpcEndpointId"]
ec2.modify_vpc_endpoint(VpcEndpointId=gw, AddRouteTableIds=[other]), ec2.describe_vpc_endpoints()
ec2.create_tags(Resources=[vpc, face], Tags=[{"Key": "x", "Value": "y"}]), ec2.describe_tags(), ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "x"}])
path = ec2.create_network_insights_path(Source=i, Destination=gw, Protocol="tcp", DestinationPort=443, ClientToken="t")["NetworkInsightsPath"]["NetworkInsightsPathId"]
ec2.describe_network_insights_paths()
run = ec2.start_network_insights_analysis(NetworkInsightsPathId=path, ClientToken="t")["NetworkInsightsAnalysis"]["NetworkInsightsAnalysisId"]
ec2.describe_network_insights_analyses(), ec2.delete_network_insights_analysis(NetworkInsightsAnalysisId=run), ec2.delete_network_insights_path(NetworkInsightsPathId=path)

# Storage.
s3.create_bucket(Bucket="gwlab-every", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
B = {"Bucket": "gwlab-every"}
assert s3.list_buckets()["Buckets"][0]["Name"] == "gwlab-every"
s3.head_bucket(**B), s3.get_bucket_location(**B)
s3.put_bucket_tagging(Tagging={"TagSet": [{"Key": "a", "Value": "b"}]}, **B), s3.get_bucket_tagging(**B), s3.delete_bucket_tagging(**B)
s3.put_bucket_policy(Policy='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"%s"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::gwlab-every/*"}]}' % account, **B)
s3.get_bucket_policy(**B), s3.get_bucket_policy_status(**B), s3.delete_bucket_policy(**B)
s3.put_public_access_block(PublicAccessBlockConfiguration={"BlockPublicAcls": True}, **B), s3.get_public_access_block(**B), s3.delete_public_access_block(**B)
for name in ("versioning", "encryption", "ownership_controls", "acl", "request_payment", "logging", "notification_configuration", "accelerate_configuration"):
    getattr(s3, "get_bucket_" + name)(**B)
for name, code in (("bucket_cors", "NoSuchCORSConfiguration"), ("bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration"), ("bucket_website", "NoSuchWebsiteConfiguration"),
                   ("bucket_replication", "ReplicationConfigurationNotFoundError"), ("object_lock_configuration", "ObjectLockConfigurationNotFoundError")):
    refused(code, getattr(s3, "get_" + name), **B)
aes = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
s3.put_bucket_encryption(ServerSideEncryptionConfiguration=aes, **B), s3.delete_bucket_encryption(**B)
s3.delete_bucket_ownership_controls(**B)
s3.put_bucket_ownership_controls(OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}, **B)
s3.put_bucket_request_payment(RequestPaymentConfiguration={"Payer": "BucketOwner"}, **B)
refused("AccessControlListNotSupported", s3.put_bucket_acl, ACL="private", **B)
O = {"Key": "TestImage1.png", **B}
s3.put_object(Body=b"x" * 1000, Metadata={"kind": "picture"}, **O), s3.get_object_acl(**O)
assert s3.head_object(**O)["Metadata"] == {"kind": "picture"}
told = s3.get_object_attributes(ObjectAttributes=["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"], **O)
assert (told["ObjectSize"], told["StorageClass"], '"' + told["ETag"] + '"') == (1000, "STANDARD", s3.head_object(**O)["ETag"])
refused("AccessControlListNotSupported", s3.put_object_acl, ACL="public-read", **O)
assert s3.get_object(**O)["Body"].read() == b"x" * 1000
s3.put_object_tagging(Tagging={"TagSet": [{"Key": "a", "Value": "b"}]}, **O), s3.get_object_tagging(**O), s3.delete_object_tagging(**O)
s3.copy_object(Bucket="gwlab-every", Key="copy", CopySource=O)
assert s3.list_objects_v2(**B)["KeyCount"] == 2 and len(s3.list_objects(**B)["Contents"]) == 2
s3.list_object_versions(**B)
up = s3.create_multipart_upload(**O)["UploadId"]
s3.list_multipart_uploads(**B)
p1 = s3.upload_part(UploadId=up, PartNumber=1, Body=b"y" * (5 << 20), **O)["ETag"]
p2 = s3.upload_part_copy(UploadId=up, PartNumber=2, CopySource={"Bucket": "gwlab-every", "Key": "copy"}, **O)["CopyPartResult"]["ETag"]
s3.list_parts(UploadId=up, **O)
s3.complete_multipart_upload(UploadId=up, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": p1}, {"PartNumber": 2, "ETag": p2}]}, **O)
s3.abort_multipart_upload(UploadId=s3.create_multipart_upload(**O)["UploadId"], **O)
s3.delete_object(**O), s3.delete_objects(Delete={"Objects": [{"Key": "copy"}]}, **B)
s3.put_bucket_versioning(VersioningConfiguration={"Status": "Enabled"}, **B)
marked = [s3.put_object(Body=b"", Key="versioned", **B)["VersionId"], s3.delete_object(Key="versioned", **B)["VersionId"]]
listed = s3.list_object_versions(Prefix="versioned", **B)
assert [listed["Versions"][0]["VersionId"], listed["DeleteMarkers"][0]["VersionId"]] == marked
for version in marked:
    s3.delete_object(Key="versioned", VersionId=version, **B)
s3.delete_bucket(**B)

# And back to nothing.
assert ec2.delete_vpc_endpoints(VpcEndpointIds=[face])["Unsuccessful"] == []
until(lambda: len(ec2.describe_vpc_endpoints()["VpcEndpoints"]) == 1, "the interface endpoint to go")
ec2.delete_vpc_endpoints(VpcEndpointIds=[gw])
ec2.stop_instances(InstanceIds=[i])
until(state("stopped"), "the stop")
ec2.start_instances(InstanceIds=[i]), ec2.terminate_instances(InstanceIds=[i])
until(state("terminated"), "the end")
ec2.delete_key_pair(KeyName="k")
ec2.disassociate_route_table(AssociationId=assoc), ec2.delete_route_table(RouteTableId=rtb), ec2.delete_route_table(RouteTableId=other)
ec2.revoke_security_group_ingress(GroupId=sg, SecurityGroupRuleIds=[rule]), ec2.delete_security_group(GroupId=sg)
ec2.delete_subnet(SubnetId=a), ec2.delete_subnet(SubnetId=b)
ec2.detach_internet_gateway(InternetGatewayId=igw, VpcId=vpc), ec2.delete_internet_gateway(InternetGatewayId=igw), ec2.delete_vpc(VpcId=vpc)
iam.remove_role_from_instance_profile(InstanceProfileName="r", RoleName="r"), iam.delete_instance_profile(InstanceProfileName="r")
iam.delete_role_policy(RoleName="r", PolicyName="p"), iam.delete_role(RoleName="r")
for service, action in sorted(seen):
    print(service, action)
