package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
)

// A Connection is the content of a Jupyter connection file: the addresses on which a
// kernel listens, and its key.
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

// NewConnection chooses five free ports of the loopback interface and a random key.
// Start the kernel soon: another program may take a port after the call.
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
		defer l.Close() // at the end, so that the five ports differ
		*port = l.Addr().(*net.TCPAddr).Port
	}
	return c, nil
}

// ReadConnection reads and checks a connection file. Anyone who can connect to the
// sockets and has the key can run programs as this user. So the kernel listens on
// this machine only, and never without a key.
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
		err = errors.New("the key is missing: messages cannot be signed")
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

// WriteFile writes the connection file. Only its owner can read it, because it
// contains the key.
func (c *Connection) WriteFile(path string) error {
	data, err := json.MarshalIndent(c, "", " ")
	if err != nil {
		return fmt.Errorf("wire: %w", err)
	}
	return os.WriteFile(path, data, 0o600)
}

// Address returns the network address of a port.
func (c *Connection) Address(port int) (network, address string) {
	if c.Transport == "ipc" {
		return "unix", fmt.Sprintf("%s-%d", c.IP, port)
	}
	return "tcp", net.JoinHostPort(c.IP, strconv.Itoa(port))
}

// Endpoint returns the address of a port in ZeroMQ's notation.
func (c *Connection) Endpoint(port int) string {
	_, address := c.Address(port)
	return c.Transport + "://" + address
}
