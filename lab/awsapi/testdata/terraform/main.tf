# The guide, its neighbours and what stands beside them in real configurations,
# for Terraform itself (TestTerraformItself). Where var.second is true everything
# that can be changed in place is something else.

variable "second" { default = false }
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region = "ap-northeast-2"
  default_tags { tags = { Course = "gatewalk" } }
}
data "aws_caller_identity" "me" {}
data "aws_region" "here" {}
data "aws_availability_zones" "zones" { state = "available" }
data "aws_ssm_parameter" "ami" { name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64" }
data "aws_ami" "al2023" {
  most_recent = true
  owners      = ["amazon"]
  filter {
    name   = "name"
    values = ["al2023-ami-2023*-x86_64"]
  }
}
data "aws_prefix_list" "s3" { name = "com.amazonaws.ap-northeast-2.s3" }
data "aws_ec2_managed_prefix_list" "s3" { name = "com.amazonaws.ap-northeast-2.s3" }
data "aws_vpc_endpoint_service" "s3" {
  service      = "s3"
  service_type = "Gateway"
}
data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}
resource "aws_vpc" "v" {
  cidr_block           = "10.0.0.0/16"
  enable_dns_hostnames = true
  tags                 = { Name = var.second ? "v2" : "v" }
}
resource "aws_default_security_group" "d" { vpc_id = aws_vpc.v.id }
resource "aws_default_route_table" "d" { default_route_table_id = aws_vpc.v.default_route_table_id }
resource "aws_default_network_acl" "d" {
  default_network_acl_id = aws_vpc.v.default_network_acl_id
  ingress {
    protocol   = -1
    rule_no    = 100
    action     = "allow"
    cidr_block = "0.0.0.0/0"
    from_port  = 0
    to_port    = 0
  }
  egress {
    protocol   = -1
    rule_no    = 100
    action     = "allow"
    cidr_block = "0.0.0.0/0"
    from_port  = 0
    to_port    = 0
  }
  lifecycle { ignore_changes = [subnet_ids] }
}
resource "aws_subnet" "pub" {
  vpc_id                  = aws_vpc.v.id
  cidr_block              = "10.0.1.0/24"
  map_public_ip_on_launch = !var.second
  availability_zone       = data.aws_availability_zones.zones.names[0]
}
resource "aws_subnet" "priv" {
  vpc_id            = aws_vpc.v.id
  cidr_block        = "10.0.2.0/24"
  availability_zone = data.aws_availability_zones.zones.names[0]
}
resource "aws_subnet" "c" {
  vpc_id            = aws_vpc.v.id
  cidr_block        = "10.0.3.0/24"
  availability_zone = "ap-northeast-2c"
}
resource "aws_internet_gateway" "igw" { vpc_id = aws_vpc.v.id }
resource "aws_route_table" "pub" {
  vpc_id = aws_vpc.v.id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.igw.id
  }
}
resource "aws_route_table" "priv" { vpc_id = aws_vpc.v.id }
resource "aws_route_table_association" "pub" {
  subnet_id      = aws_subnet.pub.id
  route_table_id = aws_route_table.pub.id
}
resource "aws_route_table_association" "priv" {
  subnet_id      = aws_subnet.priv.id
  route_table_id = aws_route_table.priv.id
}
resource "aws_eip" "nat" { domain = "vpc" }
resource "aws_nat_gateway" "nat" {
  allocation_id = aws_eip.nat.id
  subnet_id     = aws_subnet.pub.id
}
resource "aws_route" "nat" {
  route_table_id         = aws_route_table.priv.id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.nat.id
}
resource "aws_network_acl" "a" {
  vpc_id     = aws_vpc.v.id
  subnet_ids = [aws_subnet.priv.id]
  egress {
    protocol   = "tcp"
    rule_no    = 200
    action     = var.second ? "deny" : "allow"
    cidr_block = "0.0.0.0/0"
    from_port  = 443
    to_port    = 443
  }
}
resource "aws_network_acl_rule" "in" {
  network_acl_id = aws_network_acl.a.id
  rule_number    = 100
  egress         = false
  protocol       = "tcp"
  rule_action    = "allow"
  cidr_block     = "0.0.0.0/0"
  from_port      = 1024
  to_port        = 65535
}
resource "aws_security_group" "b" {
  name_prefix = "bastion"
  vpc_id      = aws_vpc.v.id
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = var.second ? ["203.0.113.2/32", "203.0.113.3/32"] : ["203.0.113.1/32"]
  }
  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
resource "aws_security_group" "p" {
  vpc_id      = aws_vpc.v.id
  description = "private"
}
resource "aws_vpc_security_group_ingress_rule" "p" {
  security_group_id            = aws_security_group.p.id
  referenced_security_group_id = aws_security_group.b.id
  from_port                    = 22
  to_port                      = var.second ? 23 : 22
  ip_protocol                  = "tcp"
  tags                         = { Name = "ssh" }
}
resource "aws_vpc_security_group_egress_rule" "p" {
  security_group_id = aws_security_group.p.id
  prefix_list_id    = data.aws_prefix_list.s3.id
  from_port         = 443
  to_port           = 443
  ip_protocol       = "tcp"
}
resource "aws_security_group_rule" "old" {
  security_group_id = aws_security_group.p.id
  type              = "ingress"
  protocol          = "icmp"
  from_port         = -1
  to_port           = -1
  cidr_blocks       = ["10.0.0.0/16"]
}
resource "aws_ec2_managed_prefix_list" "l" {
  name           = "home"
  address_family = "IPv4"
  max_entries    = 3
  entry {
    cidr        = "192.0.2.0/24"
    description = "x"
  }
  dynamic "entry" {
    for_each = var.second ? ["198.51.100.0/24"] : []
    content { cidr = entry.value }
  }
}
resource "aws_vpc_endpoint" "s3" {
  vpc_id          = aws_vpc.v.id
  service_name    = data.aws_vpc_endpoint_service.s3.service_name
  route_table_ids = var.second ? [aws_route_table.priv.id, aws_route_table.pub.id] : [aws_route_table.priv.id]
  policy          = var.second ? jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = "*", Action = "s3:*", Resource = "*" }] }) : null
}
resource "aws_vpc_endpoint" "s3i" {
  vpc_id              = aws_vpc.v.id
  service_name        = "com.amazonaws.ap-northeast-2.s3"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = var.second ? [aws_subnet.c.id] : [aws_subnet.priv.id]
  security_group_ids  = [aws_security_group.p.id]
  dns_options { private_dns_only_for_inbound_resolver_endpoint = true }
  depends_on = [aws_vpc_endpoint.s3]
}
resource "aws_vpc_endpoint" "ddb" {
  vpc_id       = aws_vpc.v.id
  service_name = "com.amazonaws.ap-northeast-2.dynamodb"
}
resource "aws_vpc_endpoint_route_table_association" "ddb" {
  vpc_endpoint_id = aws_vpc_endpoint.ddb.id
  route_table_id  = aws_route_table.priv.id
}
resource "aws_vpc_endpoint_policy" "ddb" {
  vpc_endpoint_id = aws_vpc_endpoint.ddb.id
  policy          = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = "*", Action = "dynamodb:*", Resource = "*" }] })
}
resource "aws_key_pair" "k" {
  key_name   = "k"
  public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJyHQ2ynUyNTjGuaXDmYfTN7LTcIL7nYbAgyEvPqvMEq me"
}
resource "aws_iam_role" "r" {
  name                 = "reader"
  description          = var.second ? "reads" : null
  max_session_duration = var.second ? 7200 : 3600
  assume_role_policy   = data.aws_iam_policy_document.trust.json
}
resource "aws_iam_policy" "pol" {
  name   = "read-bucket"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = var.second ? ["s3:ListBucket", "s3:GetObject"] : ["s3:ListBucket"], Resource = "*" }] })
}
resource "aws_iam_role_policy_attachment" "own" {
  role       = aws_iam_role.r.name
  policy_arn = aws_iam_policy.pol.arn
}
resource "aws_iam_role_policy_attachment" "ro" {
  role       = aws_iam_role.r.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
}
resource "aws_iam_role_policy" "in" {
  role   = aws_iam_role.r.id
  policy = aws_iam_policy.pol.policy
}
resource "aws_iam_instance_profile" "p" {
  name = "reader"
  role = aws_iam_role.r.name
}
resource "aws_instance" "b" {
  ami                         = data.aws_ssm_parameter.ami.insecure_value
  instance_type               = var.second ? "t3.small" : "t3.micro"
  monitoring                  = var.second
  subnet_id                   = aws_subnet.pub.id
  private_ip                  = "10.0.1.123"
  key_name                    = aws_key_pair.k.key_name
  vpc_security_group_ids      = [aws_security_group.b.id]
  iam_instance_profile        = aws_iam_instance_profile.p.name
  associate_public_ip_address = true
  tags                        = { Name = "bastion" }
  root_block_device {
    volume_size = 10
    encrypted   = true
  }
}
resource "aws_network_interface" "eni" {
  subnet_id       = aws_subnet.priv.id
  private_ips     = ["10.0.2.234"]
  description     = var.second ? "own" : "mine"
  security_groups = [aws_security_group.p.id]
}
resource "aws_instance" "p" {
  ami                  = data.aws_ami.al2023.id
  instance_type        = "t3.micro"
  key_name             = aws_key_pair.k.key_name
  iam_instance_profile = aws_iam_instance_profile.p.name
  network_interface {
    network_interface_id = aws_network_interface.eni.id
    device_index         = 0
  }
}
resource "aws_eip" "b" {
  domain   = "vpc"
  instance = aws_instance.b.id
}
resource "aws_s3_bucket" "b" {
  bucket_prefix = "gwtf-"
  force_destroy = true
}
resource "aws_s3_bucket_versioning" "b" {
  bucket = aws_s3_bucket.b.id
  versioning_configuration { status = var.second ? "Suspended" : "Enabled" }
}
resource "aws_s3_bucket_public_access_block" "b" {
  bucket                  = aws_s3_bucket.b.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}
resource "aws_s3_bucket_server_side_encryption_configuration" "b" {
  bucket = aws_s3_bucket.b.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}
resource "aws_s3_bucket_ownership_controls" "b" {
  bucket = aws_s3_bucket.b.id
  rule { object_ownership = "BucketOwnerEnforced" }
}
resource "aws_s3_bucket_policy" "b" {
  bucket = aws_s3_bucket.b.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { AWS = data.aws_caller_identity.me.account_id }, Action = "s3:GetObject", Resource = "${aws_s3_bucket.b.arn}/*" }] })
}
resource "aws_s3_object" "o" {
  bucket     = aws_s3_bucket.b.id
  key        = "TestImage1.png"
  content    = var.second ? "hello again" : "hello"
  depends_on = [aws_s3_bucket_versioning.b]
}
resource "aws_ec2_network_insights_path" "p" {
  source           = aws_network_interface.eni.id
  destination      = aws_vpc_endpoint.s3.id
  protocol         = "tcp"
  destination_port = 443
}
resource "aws_ec2_network_insights_analysis" "a" {
  network_insights_path_id = aws_ec2_network_insights_path.p.id
  depends_on               = [aws_instance.p]
}
output "found" { value = aws_ec2_network_insights_analysis.a.path_found }

resource "aws_iam_user" "u" {
  name = "anna"
  tags = var.second ? { team = "b", x = "y" } : { team = "a" }
}
resource "aws_iam_user_policy_attachment" "u" {
  user       = aws_iam_user.u.name
  policy_arn = aws_iam_policy.pol.arn
}
resource "aws_iam_access_key" "u" { user = aws_iam_user.u.name }
data "aws_iam_policy" "ro" { name = "AmazonS3ReadOnlyAccess" }
data "aws_instances" "all" {
  filter {
    name   = "vpc-id"
    values = [aws_vpc.v.id]
  }
  depends_on = [aws_instance.b]
}
data "aws_network_interface" "e" { id = aws_network_interface.eni.id }
data "aws_route_tables" "rts" { vpc_id = aws_vpc.v.id }
data "aws_vpc_endpoint" "s3" { id = aws_vpc_endpoint.s3.id }
data "aws_s3_objects" "o" {
  bucket     = aws_s3_bucket.b.id
  depends_on = [aws_s3_object.o]
}
