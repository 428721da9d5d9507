package ways

import (
	"net/http"

	"beside/internal/account"
	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// Devices is the path of the page with every device on which somebody is signed in.
const Devices = Home + "/devices"

// mountDevices mounts the pages of devices. Closing one asks for nothing but being signed in: it opens nothing, and who
// has just lost a phone is in a hurry.
func (p *Pages) mountDevices() {
	p.own("GET "+Devices, p.devices)
	p.own("GET "+Devices+"/{device}", p.device)
	p.own("POST "+Devices+"/{device}", p.nameDevice)
	p.own("POST "+Devices+"/{device}/close", p.closeDevice)
	p.own("POST "+Devices+"/others", p.closeOthers)
	p.own("POST "+Devices+"/all", p.closeAll)
}

// device is one device as it is shown.
type device struct {
	Name  book.Text // blank when the person gave it none
	Plain string    // catalogue key of what it is called then
	Way   string    // catalogue key of how they came in there
	Open  bool
	Here  bool
	Since page.Moment
	Seen  page.Moment
	Href  string
}

// cameIn are the words for how somebody came in on a device.
var cameIn = map[account.Way]string{
	account.WayJoined: "ways.by_joined", account.WayPassphrase: "ways.by_passphrase", account.WayPasskey: "ways.by_passkey",
	account.WayCode: "ways.by_code", account.WayCard: "ways.by_card", account.WayGivenBack: "ways.by_given_back",
	account.WayProvider: "ways.by_provider", account.WayVouched: "ways.by_vouched", account.WayDemo: "ways.by_demo",
}

func newDevice(r *http.Request, d account.Device) device {
	out := device{
		Name: d.Name, Plain: "ways.device_other", Way: cameIn[d.Way], Open: d.Open, Here: d.Here,
		Since: page.At(r, d.MadeAt), Seen: page.At(r, d.SeenAt), Href: Devices + "/" + d.ID.String(),
	}
	if d.Own {
		out.Plain = "ways.device_mine"
	}
	return out
}

// devicesPage is templates/ways/devices.html.
type devicesPage struct {
	Devices     []device
	Others, All *page.Form // Others is nil when there are none
}

func (p *Pages) devices(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	list, err := p.Accounts.Devices(r.Context(), v.Session)
	if err != nil {
		return err
	}
	d := devicesPage{All: page.NewForm(r, Devices+"/all")}
	for _, x := range list {
		d.Devices = append(d.Devices, newDevice(r, x))
		if !x.Here {
			d.Others = page.NewForm(r, Devices+"/others")
		}
	}
	return p.site.Page(w, r, http.StatusOK, "ways/devices", d)
}

// devicePage is templates/ways/device.html.
type devicePage struct {
	Device device
	Form   *page.Form // its name
	Close  *page.Form
}

// one returns the device that the path names: NotOpen for one that is not theirs, was closed or never was.
func (p *Pages) one(r *http.Request, v visit.Visitor) (account.Device, error) {
	const op = "ways: device"
	list, err := p.Accounts.Devices(r.Context(), v.Session)
	if err != nil {
		return account.Device{}, errs.Wrap(op, err)
	}
	for _, d := range list {
		if d.ID.String() == r.PathValue("device") {
			return d, nil
		}
	}
	return account.Device{}, errs.New(op, errs.NotOpen, "")
}

func (p *Pages) device(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	d, err := p.one(r, v)
	if err != nil {
		return err
	}
	return p.showDevice(w, r, http.StatusOK, d, page.NewForm(r, Devices+"/"+d.ID.String()).Fill("name", d.Name))
}

func (p *Pages) showDevice(w http.ResponseWriter, r *http.Request, status int, d account.Device, form *page.Form) error {
	out := devicePage{Device: newDevice(r, d), Form: form}
	out.Close = page.NewForm(r, out.Device.Href+"/close")
	return p.site.Page(w, r, status, "ways/device", out)
}

func (p *Pages) nameDevice(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	d, err := p.one(r, v)
	if err != nil {
		return err
	}
	form := page.Posted(r)
	err = p.Accounts.NameDevice(r.Context(), v.Session, d.ID, form.Text("name"))
	if form.Refused(err) {
		return p.showDevice(w, r, http.StatusUnprocessableEntity, d, form)
	}
	if err != nil {
		return err
	}
	page.Say(w, r, "ways.said_named")
	return p.site.Go(w, r, Devices)
}

// closeDevice closes one device. A second tap finds it closed already, which is what was wanted.
func (p *Pages) closeDevice(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	d, err := id.Parse[id.Device](r.PathValue("device"))
	if err != nil {
		return errs.New("ways: close device", errs.NotOpen, "")
	}
	if err := p.Accounts.EndDevice(r.Context(), v.Session, d); err != nil {
		return err
	}
	if d == v.Session.Device {
		return p.closed(w, r)
	}
	page.Say(w, r, "ways.said_closed")
	return p.site.Go(w, r, Devices)
}

func (p *Pages) closeOthers(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	if err := p.Accounts.EndOtherDevices(r.Context(), v.Session); err != nil {
		return err
	}
	page.Say(w, r, "ways.said_closed_others")
	return p.site.Go(w, r, Devices)
}

func (p *Pages) closeAll(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	if err := p.Accounts.SignOutEverywhere(r.Context(), v.Person); err != nil {
		return err
	}
	return p.closed(w, r)
}

// closed is where somebody stands who closed the device they hold.
func (p *Pages) closed(w http.ResponseWriter, r *http.Request) error {
	if err := p.Door.Close(w, r); err != nil {
		return err
	}
	page.Say(w, r, "public.said_left")
	return p.site.Go(w, r, "/")
}
