package program

// services are the ports that people call by name, from /etc/services.
var services = map[string]int{
	"ssh": 22, "telnet": 23, "smtp": 25, "domain": 53, "http": 80, "ntp": 123, "https": 443,
	"mysql": 3306, "postgres": 5432, "squid": 3128, "redis": 6379,
}
