//! Currencies of ISO 4217 and how many decimals each has.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::money::MoneyError;

/// Every accepted currency as code and number of decimals, sorted by code, one entry every
/// [`ENTRY_BYTES`] bytes.
///
/// The current list of ISO 4217, and the codes withdrawn since 2014 (ANG, BGN, BYR, CUC, HRK, LTL, LVL,
/// MRO, SLL, STD, VEF, ZWL), because a ledger reaches years back. Codes without minor units (XAU, XDR,
/// XXX, ...) are left out: nothing is invoiced in them.
const TABLE: &str = "\
    AED2 AFN2 ALL2 AMD2 ANG2 AOA2 ARS2 AUD2 AWG2 AZN2 BAM2 BBD2 BDT2 BGN2 BHD3 BIF0 BMD2 BND2 \
    BOB2 BOV2 BRL2 BSD2 BTN2 BWP2 BYN2 BYR0 BZD2 CAD2 CDF2 CHE2 CHF2 CHW2 CLF4 CLP0 CNY2 COP2 \
    COU2 CRC2 CUC2 CUP2 CVE2 CZK2 DJF0 DKK2 DOP2 DZD2 EGP2 ERN2 ETB2 EUR2 FJD2 FKP2 GBP2 GEL2 \
    GHS2 GIP2 GMD2 GNF0 GTQ2 GYD2 HKD2 HNL2 HRK2 HTG2 HUF2 IDR2 ILS2 INR2 IQD3 IRR2 ISK0 JMD2 \
    JOD3 JPY0 KES2 KGS2 KHR2 KMF0 KPW2 KRW0 KWD3 KYD2 KZT2 LAK2 LBP2 LKR2 LRD2 LSL2 LTL2 LVL2 \
    LYD3 MAD2 MDL2 MGA2 MKD2 MMK2 MNT2 MOP2 MRO2 MRU2 MUR2 MVR2 MWK2 MXN2 MXV2 MYR2 MZN2 NAD2 \
    NGN2 NIO2 NOK2 NPR2 NZD2 OMR3 PAB2 PEN2 PGK2 PHP2 PKR2 PLN2 PYG0 QAR2 RON2 RSD2 RUB2 RWF0 \
    SAR2 SBD2 SCR2 SDG2 SEK2 SGD2 SHP2 SLE2 SLL2 SOS2 SRD2 SSP2 STD2 STN2 SVC2 SYP2 SZL2 THB2 \
    TJS2 TMT2 TND3 TOP2 TRY2 TTD2 TWD2 TZS2 UAH2 UGX0 USD2 USN2 UYI0 UYU2 UYW4 UZS2 VED2 VEF2 \
    VES2 VND0 VUV0 WST2 XAD2 XAF0 XCD2 XCG2 XOF0 XPF0 YER2 ZAR2 ZMW2 ZWG2 ZWL2 \
";

/// Three letters, one digit, one blank.
const ENTRY_BYTES: usize = 5;

/// A currency of ISO 4217.
///
/// A value is always a code of the table, so [`exponent`](Self::exponent) cannot fail. Currencies order by
/// code.
///
/// # Examples
///
/// ```
/// use duecast::domain::Currency;
///
/// let dinar = Currency::parse("KWD")?;
/// assert_eq!(dinar.code(), "KWD");
/// assert_eq!(dinar.exponent(), 3);
/// assert!(Currency::parse("EURO").is_err());
/// # Ok::<(), duecast::domain::MoneyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency {
    code: [u8; 3],
    decimals: u8,
}

impl Currency {
    /// The euro.
    pub const EUR: Self = Self::in_table(*b"EUR", 2);
    /// The United States dollar.
    pub const USD: Self = Self::in_table(*b"USD", 2);
    /// The pound sterling.
    pub const GBP: Self = Self::in_table(*b"GBP", 2);
    /// The Canadian dollar.
    pub const CAD: Self = Self::in_table(*b"CAD", 2);

    const fn in_table(code: [u8; 3], decimals: u8) -> Self {
        Self { code, decimals }
    }

    /// Finds the currency of a three-letter code; case and surrounding blanks do not matter.
    ///
    /// ```
    /// use duecast::domain::Currency;
    ///
    /// assert_eq!(Currency::parse(" eur ")?, Currency::EUR);
    /// # Ok::<(), duecast::domain::MoneyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`MoneyError::CurrencyUnknown`] when the text is not a code of the table.
    pub fn parse(code: &str) -> Result<Self, MoneyError> {
        let unknown = || MoneyError::CurrencyUnknown {
            given: code.to_owned(),
        };
        let mut wanted: [u8; 3] = code.trim().as_bytes().try_into().map_err(|_| unknown())?;
        wanted.make_ascii_uppercase();
        let table = TABLE.as_bytes();
        let (mut low, mut high) = (0, table.len() / ENTRY_BYTES);
        while low < high {
            let middle = low.midpoint(high);
            let entry = &table[middle * ENTRY_BYTES..(middle + 1) * ENTRY_BYTES];
            match entry[..3].cmp(&wanted[..]) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => {
                    return Ok(Self::in_table(wanted, entry[3] - b'0'));
                }
            }
        }
        Err(unknown())
    }

    /// Returns the three-letter code.
    ///
    /// ```
    /// # use duecast::domain::Currency;
    /// assert_eq!(Currency::GBP.code(), "GBP");
    /// ```
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.code).expect("a code of the table is ASCII")
    }

    /// Returns the number of decimals: 2 for EUR, 0 for JPY, 3 for KWD.
    ///
    /// ```
    /// # use duecast::domain::Currency;
    /// assert_eq!(Currency::EUR.exponent(), 2);
    /// assert_eq!(Currency::parse("JPY")?.exponent(), 0);
    /// # Ok::<(), duecast::domain::MoneyError>(())
    /// ```
    #[must_use]
    pub fn exponent(self) -> u32 {
        u32::from(self.decimals)
    }

    /// Returns every currency in the order of the codes.
    ///
    /// ```
    /// # use duecast::domain::Currency;
    /// assert!(Currency::all().any(|currency| currency == Currency::EUR));
    /// ```
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE
            .as_bytes()
            .chunks_exact(ENTRY_BYTES)
            .map(|entry| Self::in_table([entry[0], entry[1], entry[2]], entry[3] - b'0'))
    }

    /// Returns the number of decimals as a length, for slicing text.
    pub(super) fn decimals(self) -> usize {
        usize::from(self.decimals)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Currency({})", self.code())
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(code: &str) -> Result<Self, MoneyError> {
        Self::parse(code)
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;

    fn try_from(code: String) -> Result<Self, MoneyError> {
        Self::parse(&code)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_every_entry_finds_itself() {
        assert_eq!(TABLE.len() % ENTRY_BYTES, 0);
        let all: Vec<Currency> = Currency::all().collect();
        assert!(all.windows(2).all(|pair| pair[0].code < pair[1].code));
        for currency in all {
            assert_eq!(Currency::parse(currency.code()).unwrap(), currency);
        }
    }

    #[test]
    fn the_named_constants_agree_with_the_table() {
        for constant in [Currency::EUR, Currency::USD, Currency::GBP, Currency::CAD] {
            assert_eq!(Currency::parse(constant.code()).unwrap(), constant);
        }
    }
}
