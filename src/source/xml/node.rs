//! An element with all that is in it.

/// An element of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Node {
    /// Local name.
    pub(crate) name: String,
    /// Local names and values of the attributes.
    pub(crate) attributes: Vec<(String, String)>,
    /// The text that is directly in it; empty when it only parts the elements in it.
    pub(crate) text: String,
    /// The elements in it, in their order.
    pub(crate) children: Vec<Node>,
}

/// What an attribute takes beside its letters: two texts, each in a place of its own.
const ATTRIBUTE_BYTES: usize = 112;

impl Node {
    pub(super) fn new(name: String, attributes: Vec<(String, String)>) -> Self {
        Self {
            name,
            attributes,
            text: String::new(),
            children: Vec::new(),
        }
    }

    /// Drops the white space between elements.
    pub(super) fn finish(&mut self) {
        if !self.children.is_empty() && self.text.trim().is_empty() {
            self.text = String::new();
        }
    }

    /// What it takes in memory, roughly, without the elements in it.
    pub(super) fn own_bytes(&self) -> u64 {
        let letters = |(name, value): &(String, String)| name.len().saturating_add(value.len());
        let attributes = self
            .attributes
            .iter()
            .map(|attribute| letters(attribute).saturating_add(ATTRIBUTE_BYTES));
        // Lists of elements grow to twice of what they need.
        let node = 2 * size_of::<Self>() + self.name.len() + self.text.len();
        u64::try_from(attributes.fold(node, usize::saturating_add)).unwrap_or(u64::MAX)
    }

    /// What it takes in memory, roughly, with all that is in it.
    pub(crate) fn bytes(&self) -> u64 {
        let children = self.children.iter().map(Self::bytes);
        children.fold(self.own_bytes(), u64::saturating_add)
    }

    /// The first element in it that has the name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// Every element in it that has the name.
    pub(crate) fn children(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The element that names lead to, such as `RmtInf/Strd/CdtrRefInf/Ref`: at each step the first that leads on.
    pub(crate) fn at(&self, path: &str) -> Option<&Self> {
        match path.split_once('/') {
            None => self.child(path),
            Some((name, rest)) => self.children(name).find_map(|child| child.at(rest)),
        }
    }

    /// The trimmed text of the element that names lead to; `None` when it is empty.
    pub(crate) fn text_at(&self, path: &str) -> Option<&str> {
        self.at(path)
            .map(|node| node.text.trim())
            .filter(|text| !text.is_empty())
    }

    /// The value of an attribute.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}
