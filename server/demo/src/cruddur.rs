//! The requests that Cruddur answers, and how each of them can go.

mod errors;
mod feed;
mod messages;
mod parts;

use crate::random::Random;
use crate::story::{Shape, Story};

/// One way in which a request can go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scenario {
    /// The home feed, as it should be.
    HomeFeed,
    /// The home feed with one SELECT for each of its 24 activities.
    HomeFeedSlow,
    /// The home feed: N+1, `DynamoDB` throttles, and `render_timeline` raises a `KeyError`. The request of the pictures.
    HomeFeedBroken,
    /// A message thread; `DynamoDB` throttles twice, then answers.
    MessagesThrottled,
    /// A new message, which a worker delivers later.
    NewMessage,
    /// Signing in with Cognito.
    SignIn,
    /// A profile that does not exist.
    NoSuchProfile,
    /// The load balancer's question.
    HealthCheck,
    /// A search whose calling span was never delivered.
    MissingParent,
    /// A search of which one log line arrives some seconds after the rest.
    LateLine,
}

/// The mix: mostly what a healthy day brings, and within ten requests everything else once.
const TURNS: [Scenario; 16] = [
    Scenario::HomeFeed,
    Scenario::HealthCheck,
    Scenario::HomeFeedBroken,
    Scenario::SignIn,
    Scenario::HomeFeed,
    Scenario::NewMessage,
    Scenario::LateLine,
    Scenario::HomeFeedSlow,
    Scenario::NoSuchProfile,
    Scenario::MessagesThrottled,
    Scenario::HomeFeed,
    Scenario::MissingParent,
    Scenario::HealthCheck,
    Scenario::NewMessage,
    Scenario::HomeFeed,
    Scenario::HomeFeedBroken,
];

impl Scenario {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::HomeFeed,
        Self::HomeFeedSlow,
        Self::HomeFeedBroken,
        Self::MessagesThrottled,
        Self::NewMessage,
        Self::SignIn,
        Self::NoSuchProfile,
        Self::HealthCheck,
        Self::MissingParent,
        Self::LateLine,
    ];

    /// Whose turn it is.
    pub fn of_turn(index: u32) -> Self {
        let turns = u32::try_from(TURNS.len()).unwrap_or(1);
        usize::try_from(index % turns).ok().and_then(|turn| TURNS.get(turn)).copied().unwrap_or(Self::HomeFeed)
    }

    /// The whole request, beginning at `start_ns`. The structure is always the same; IDs and, but for the request of the
    /// pictures, the pace come from `random`.
    pub fn tell(self, start_ns: i64, shape: Shape, random: &mut Random) -> Story {
        let pace = if self == Self::HomeFeedBroken { 100 } else { 80 + i64::try_from(random.below(60)).unwrap_or(20) };
        let mut story = Story::new(start_ns, shape, pace, random.fork());
        match self {
            Self::HomeFeed => feed::home(&mut story),
            Self::HomeFeedSlow => feed::slow(&mut story),
            Self::HomeFeedBroken => feed::broken(&mut story),
            Self::MessagesThrottled => messages::throttled(&mut story),
            Self::NewMessage => messages::new(&mut story),
            Self::SignIn => errors::sign_in(&mut story),
            Self::NoSuchProfile => errors::no_such_profile(&mut story),
            Self::HealthCheck => errors::health_check(&mut story),
            Self::MissingParent => errors::missing_parent(&mut story),
            Self::LateLine => errors::late_line(&mut story),
        }
        story.in_order();
        story
    }
}
