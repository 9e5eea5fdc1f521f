//! The closed sets of words that environments and leases are described with.
//!
//! Each set, its members, its default and its name in messages stands here and nowhere else. The
//! database keeps the words as plain text, so a row may hold a word that is not in its set; reading
//! such a row is an [`UnexpectedValue`].

use std::fmt;

/// A word that is not a member of its set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnexpectedValue {
    /// The set's name, as messages have it: "environment driver".
    pub set: &'static str,
    /// The word that was met.
    pub value: String,
}

impl fmt::Display for UnexpectedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unexpected {} value: {}", self.set, self.value)
    }
}

/// A closed set of words.
pub trait ValueSet: Copy + 'static {
    /// The set's name, as messages have it.
    const NAME: &'static str;
    /// All members, in the order in which Paperclip lists them.
    const ALL: &'static [Self];

    /// The member's word, as it is stored.
    fn as_str(self) -> &'static str;

    /// The member that `word` stands for.
    ///
    /// # Errors
    ///
    /// [`UnexpectedValue`] when the set has no such member; words are compared exactly.
    fn parse(word: &str) -> Result<Self, UnexpectedValue> {
        Self::ALL
            .iter()
            .copied()
            .find(|member| member.as_str() == word)
            .ok_or_else(|| UnexpectedValue {
                set: Self::NAME,
                value: word.to_owned(),
            })
    }
}

macro_rules! value_set {
    (
        $(#[$meta:meta])*
        $set:ident named $name:literal { $( $(#[$member_meta:meta])* $member:ident = $word:literal ),+ $(,)? }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
        pub enum $set { $( $(#[$member_meta])* $member ),+ }

        impl ValueSet for $set {
            const NAME: &'static str = $name;
            const ALL: &'static [Self] = &[$(Self::$member),+];

            fn as_str(self) -> &'static str {
                match self { $(Self::$member => $word),+ }
            }
        }
    };
}

value_set! {
    /// How an environment is reached.
    EnvironmentDriver named "environment driver" {
        /// This machine.
        #[default]
        Local = "local",
        /// A host over SSH.
        Ssh = "ssh",
        /// A sandbox that a provider makes.
        Sandbox = "sandbox",
        /// Whatever a plugin reaches.
        Plugin = "plugin",
    }
}

value_set! {
    /// Whether an environment is offered for new work.
    EnvironmentStatus named "environment status" {
        /// Offered.
        #[default]
        Active = "active",
        /// Kept, but not offered.
        Archived = "archived",
    }
}

value_set! {
    /// Where a lease is in its life.
    LeaseStatus named "environment lease status" {
        /// Held.
        #[default]
        Active = "active",
        /// Given back.
        Released = "released",
        /// Ended by its time limit.
        Expired = "expired",
        /// Ended by a failure.
        Failed = "failed",
        /// Ended, with what it held kept for later; the only end that has no release time.
        Retained = "retained",
    }
}

value_set! {
    /// What becomes of what a lease holds once the lease has ended.
    LeasePolicy named "environment lease policy" {
        /// It is thrown away.
        #[default]
        Ephemeral = "ephemeral",
        /// The next lease of the environment takes it over.
        ReuseByEnvironment = "reuse_by_environment",
        /// The next lease of the same execution workspace takes it over.
        ReuseByExecutionWorkspace = "reuse_by_execution_workspace",
        /// It is kept when the run failed.
        RetainOnFailure = "retain_on_failure",
    }
}

value_set! {
    /// How far the clean-up after a lease has come.
    LeaseCleanupStatus named "environment lease cleanup status" {
        /// Not done yet.
        #[default]
        Pending = "pending",
        /// Done.
        Success = "success",
        /// Tried, and failed.
        Failed = "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_compared_exactly() {
        assert_eq!(EnvironmentDriver::parse("ssh"), Ok(EnvironmentDriver::Ssh));
        for word in ["", "SSH", " ssh", "ssh\0", "docker"] {
            let error = EnvironmentDriver::parse(word).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("Unexpected environment driver value: {word}")
            );
        }
    }

    #[test]
    fn every_member_reads_back_as_itself() {
        fn check<T: ValueSet + PartialEq + fmt::Debug>() {
            for member in T::ALL {
                assert_eq!(T::parse(member.as_str()), Ok(*member));
            }
        }
        check::<EnvironmentDriver>();
        check::<EnvironmentStatus>();
        check::<LeaseStatus>();
        check::<LeasePolicy>();
        check::<LeaseCleanupStatus>();
    }
}
