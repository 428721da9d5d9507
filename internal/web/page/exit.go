package page

import "net/http"

// Exit is the path of the quick exit.
const Exit = "/exit"

// OnExit adds what happens when somebody leaves quickly: package account closes the session and takes its cookie back.
// It must be quick, and it must not fail the leaving. Add it before serving begins.
func (s *Site) OnExit(step func(http.ResponseWriter, *http.Request)) { s.leave = append(s.leave, step) }

// mountExit mounts the quick exit. A browser without script follows the link (GET) and is led away by us. One with script
// goes at once by itself and tells us behind its back (POST, sent as a beacon); that answer also clears what the
// browser keeps of our files. The answer to GET does not: clearing can take seconds, and leaving must not wait. What
// lies further back in the browser's history stays there, but opens nothing: no page is stored and the session is
// closed. Neither needs a form token: closing a session harms nobody.
func (s *Site) mountExit() {
	s.handleExit("GET "+Exit, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, s.ExitURL, http.StatusSeeOther)
	})
	s.handleExit("POST "+Exit, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Clear-Site-Data", `"cache"`)
		w.WriteHeader(http.StatusNoContent)
	})
}

// Forget takes back every cookie that pages set by themselves.
func (s *Site) Forget(w http.ResponseWriter) {
	s.setCookie(w, s.formCookieName(), "", -1)
	s.setCookie(w, s.saidCookie(), "", -1)
}

// handleExit mounts without the steps of [Site.Before]: leaving depends on nothing.
func (s *Site) handleExit(pattern string, answer http.HandlerFunc) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		FrameOf(r).pattern = pattern
		s.Forget(w)
		for _, step := range s.leave {
			step(w, r)
		}
		answer(w, r)
	})
}
