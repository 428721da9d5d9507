package demo

import (
	"beside/internal/book"
	"beside/internal/grant"
	"beside/internal/legal"
	"beside/internal/peer"
)

// Passphrase opens the book of everybody in the sample community. It is no secret: the people are made up.
const Passphrase = "the kettle is always on here"

// community is everybody, in the order they are shown. Nobody in it lives.
func community() []*member {
	return []*member{
		mira, ana, tomas, yusuf, hana, kwame, sunny, siobhan, ravi, aroha, olena, marek, jo,
		sam, leila,
		grace, ines, otto,
		edda,
	}
}

var grace = &member{
	handle: "grace", name: "Grace", role: roleTeam,
	about: "Grace is in the centre team. She invites workers, and keeps the rules and the papers from courts. She sees nobody’s book.",
	story: []line{
		{156, joins("grace@centre.example")},
		{156, begins()},
		{155, matters("A door that is easy to open, also from the outside.")},
		{155, strength("lists", "I make lists that other people like to use", book.DomainWork, book.WhenNow)},
		{149, saysRule("first weeks", grant.ClosesSuggesting, book.SectionGoals, "In our first weeks nobody suggests goals or steps. We get to know each other, and learn how this works.")},
		{141, endsRule("first weeks")},
		{75, duty("evening", "the evening line")},
		{75, does("evening", "sam")},
		{75, does("evening", "leila")},
		{60, saysRule("writing", grant.ClosesWriting, "", "To write for somebody is learned first. Who has done our day about it writes; everybody else suggests.", "leila")},
		{41, court("subpoena", legal.Request, "Hartmann & Boyle, lawyers", "HB 2217", "All that we have written about somebody whom they name, and whether that person comes here.")},
		{16, court("days", legal.Order, "Family court, room 2", "F 118", "On which days somebody was at the centre, in the last six weeks. It says that it is made under 42 CFR part 2. The name is on the paper.")},
		{16, ordersDays("days", "tomas", 42, 1)},
		{3, court("open", legal.Order, "Family court, room 4", "F 231", "On which days somebody was at the centre, in the last four weeks. It says that it is made under 42 CFR part 2. The name is on the paper.")},
	},
}

var ines = &member{
	handle: "ines", name: "Ines", role: roleTeam,
	about: "Ines is in the centre team. She sits at the desk, and helps people back in who have lost everything.",
	story: []line{
		{155, joins("")},
		{155, isOfTheTeam("grace")},
		{154, matters("That nobody has to explain twice why they are here.")},
		{140, endsRule("first weeks")},
	},
}

var otto = &member{
	handle: "otto", name: "Otto", role: roleTeam,
	about: "Otto is in the centre team. He has the second key: at the desk, and for an order of a court, it always takes two.",
	story: []line{
		{153, joins("")},
		{153, isOfTheTeam("ines")},
		{152, strength("steady", "I stay calm when a queue gets long", book.DomainWork, book.WhenNow)},
		{15, confirmsOrder("days", "tomas")},
		{6, answersFinding("Thank you. From next week one of us looks each Monday at what people asked, and says who answers.")},
	},
}

var edda = &member{
	handle: "edda", name: "Edda", role: roleReviewer,
	about: "Edda reviews the centre from outside: she sees numbers, and what Olena gave her to be reviewed. What she finds stands for everybody, and nobody edits it.",
	story: []line{
		{40, joins("")},
		{40, isAskedToReview("grace", "otto", "Edda, from the network of recovery centres in the county")},
		{38, matters("That a small place can be looked at without being afraid of it.")},
		{9, finds("People here can say who sees their book, and could show me. What I missed: when somebody asks why a worker looked, the answer can take a week. Nobody watches over that.")},
	},
}

var sam = &member{
	handle: "sam", name: "Sam", role: roleWorker,
	about: "Sam is a recovery coach. He sees only what people gave him, and can suggest something to Mira or Kwame. Aroha asked him why he looked.",
	story: []line{
		{154, joins("")},
		{154, isInvited("grace")},
		{153, writesProfile(peer.Profile{
			Title:     "recovery coach",
			Languages: "English, Spanish",
			Story: book.NewText("I grew up above my mother’s bakery. For a long time I drank so that nobody would ask me how I was. " +
				"What turned it was small: a neighbour who kept a seat free for me on her bench. She never told me what to do. Now I keep the seat.\n\n" +
				"I like to walk while we talk. I make good soup and bad jokes. And if you would rather not talk, we just walk."),
			Training: book.NewText("Recovery coach course, sixty hours. A weekend on listening without mending, which I took twice because I liked it."),
		}, 460)},
		{152, matters("To be a good neighbour, to myself as well.")},
		{150, strength("soup", "There is always enough soup for one more", book.DomainHome, book.WhenNow)},
		{77, tells(book.WhatHard, "My mother’s birthday. I baked her rolls and gave them to the whole street.")},
		{76, tells(book.WhatLearned, "I am allowed to ask somebody to keep a seat for me too.")},
	},
}

var leila = &member{
	handle: "leila", name: "Leila", role: roleWorker,
	about: "Leila is a peer specialist. She walks with people in Arabic, French and English, and writes for Yusuf, who let her.",
	story: []line{
		{151, joins("")},
		{151, isInvited("grace")},
		{150, writesProfile(peer.Profile{
			Title:     "peer specialist",
			Languages: "العربية, français, English",
			Story: book.NewText("There was a year in which I could not leave my room. I was sure that everybody was better off without me. I was wrong. " +
				"What helped was a doctor who asked me what I like to cook, my sister on the phone, and learning to say “not today” without being sorry.\n\n" +
				"I bring a teapot. We can meet at the centre or in the park, or begin with letters. You choose what we speak about."),
			Training: book.NewText("Peer specialist, certified. First aid. I am learning sign language."),
		}, 500)},
		{149, matters("Tea with people who do not have to pretend.")},
		{9, says("I read your strengths once more before I wrote to you about the plan. I wanted to use your words and not mine.")},
	},
}
