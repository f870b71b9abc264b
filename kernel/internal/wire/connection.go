package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
)

// A Connection says where a kernel listens: the content of a Jupyter
// connection file.
type Connection struct {
	Transport       string `json:"transport"`
	IP              string `json:"ip"`
	ShellPort       int    `json:"shell_port"`
	IOPubPort       int    `json:"iopub_port"`
	StdinPort       int    `json:"stdin_port"`
	ControlPort     int    `json:"control_port"`
	HBPort          int    `json:"hb_port"`
	Key             string `json:"key"`
	SignatureScheme string `json:"signature_scheme"`
	KernelName      string `json:"kernel_name,omitempty"`
}

// NewConnection picks five free ports of this machine's loopback interface and
// a random key. The ports are free at the time of the call; the kernel that
// gets them must be started soon.
func NewConnection() (*Connection, error) {
	c := &Connection{
		Transport: "tcp", IP: "127.0.0.1", Key: NewID() + NewID(),
		SignatureScheme: "hmac-sha256", KernelName: "dendrite",
	}
	for _, port := range []*int{&c.ShellPort, &c.IOPubPort, &c.StdinPort, &c.ControlPort, &c.HBPort} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("wire: no free port: %w", err)
		}
		defer l.Close() // held until all five are known, so that they differ
		*port = l.Addr().(*net.TCPAddr).Port
	}
	return c, nil
}

// ReadConnection reads a connection file and checks what the kernel relies on.
// Whoever reaches the sockets and has the key runs programs as this user: hence
// the kernel listens on this machine only, and never without a key.
func ReadConnection(path string) (*Connection, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var c Connection
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, fmt.Errorf("%s: not a connection file: %w", path, err)
	}
	switch {
	case c.Transport != "tcp" && c.Transport != "ipc":
		err = fmt.Errorf("transport %q is not supported", c.Transport)
	case c.Transport == "tcp" && !loopback(c.IP):
		err = fmt.Errorf("the kernel listens on this machine only (127.0.0.1), not on %q", c.IP)
	case c.Key == "":
		err = errors.New("the key is missing, without which messages are not signed")
	case c.SignatureScheme != "hmac-sha256":
		err = fmt.Errorf("signature scheme %q is not supported, only hmac-sha256", c.SignatureScheme)
	case c.ShellPort == 0 || c.IOPubPort == 0 || c.StdinPort == 0 || c.ControlPort == 0 || c.HBPort == 0:
		err = errors.New("a port is missing")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &c, nil
}

func loopback(ip string) bool { return ip == "localhost" || net.ParseIP(ip).IsLoopback() }

// WriteFile writes the connection file, readable by its owner only since it
// holds the key.
func (c *Connection) WriteFile(path string) error {
	data, err := json.MarshalIndent(c, "", " ")
	if err != nil {
		return fmt.Errorf("wire: %w", err)
	}
	return os.WriteFile(path, data, 0o600)
}

// Address is where the socket of a port listens.
func (c *Connection) Address(port int) (network, address string) {
	if c.Transport == "ipc" {
		return "unix", fmt.Sprintf("%s-%d", c.IP, port)
	}
	return "tcp", net.JoinHostPort(c.IP, strconv.Itoa(port))
}

// Endpoint is the address of a port as ZeroMQ writes it.
func (c *Connection) Endpoint(port int) string {
	_, address := c.Address(port)
	return c.Transport + "://" + address
}
