package main

import (
	"errors"

	"beside/internal/app"
	"beside/internal/clock"
	"beside/internal/notify"
)

// postSettings say what carries e-mail and text messages. What is secret is best said by its variable.
type postSettings struct {
	SMTPHost     string `name:"smtp-host" help:"The server that e-mail is handed to. Without it no e-mail is sent." placeholder:"HOST"`
	SMTPPort     int    `name:"smtp-port" help:"Its port." default:"587"`
	SMTPTLS      string `name:"smtp-tls" help:"How the line is kept safe: starttls, tls from the beginning, or none, for this machine itself." enum:"starttls,tls,none" default:"starttls"`
	SMTPFrom     string `name:"smtp-from" help:"The address that e-mail comes from. Others may see it over a shoulder: choose a plain one." placeholder:"ADDRESS"`
	SMTPLogin    string `name:"smtp-login" help:"Whom the server lets send." placeholder:"NAME"`
	SMTPPassword string `name:"smtp-password" help:"Say it by the variable BESIDE_SMTP_PASSWORD." placeholder:"WORDS"`
	TextURL      string `name:"text-url" help:"The gateway that text messages are handed to. Without it none are sent." placeholder:"URL"`
	TextToken    string `name:"text-token" help:"What the gateway wants to be shown. Say it by the variable BESIDE_TEXT_TOKEN." placeholder:"WORDS"`
	TextForm     bool   `name:"text-form" help:"Hand over a form instead of JSON."`
	TextSecret   string `name:"text-secret" help:"What the gateway shows when it brings answers to /gateway/text, at least 20 letters. Say it by the variable BESIDE_TEXT_SECRET." placeholder:"WORDS"`
}

// shortestSecret is the least length of what a gateway shows, in bytes.
const shortestSecret = 20

// into makes the carriers that were asked for.
func (s postSettings) into(c *app.Config) error {
	if s.SMTPHost != "" {
		mail, err := notify.NewMail(notify.SMTP{
			Host: s.SMTPHost, Port: s.SMTPPort, From: s.SMTPFrom, Login: s.SMTPLogin, Password: s.SMTPPassword, TLS: s.SMTPTLS, Clock: clock.System(),
		})
		if err != nil {
			return err
		}
		c.Mail = mail
	}
	if s.TextURL != "" {
		texts, err := notify.NewGateway(notify.HTTP{URL: s.TextURL, Token: s.TextToken, Form: s.TextForm})
		if err != nil {
			return err
		}
		c.Texts = texts
	}
	if s.TextSecret != "" && len(s.TextSecret) < shortestSecret {
		return errors.New("--text-secret is short enough to be guessed: give it at least 20 letters")
	}
	c.TextSecret = s.TextSecret
	return nil
}
