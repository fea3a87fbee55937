//! The chains that the simulator joins: each with each, and USDC on all of them.

use vouch_domain::{
    payment_route::{RouteEnd, Token},
    ports::{Chain, ChainCurrencies, Corridor, LiquidityFailure, Network, RouteUnserved, VmType},
    values::{ChainAddress, ChainId, ChainName, CurrencyCode, Rejected},
};

/// A chain as it is known here: its number at the provider, its two names, its kind, and
/// [USDC's contract](https://developers.circle.com/stablecoins/usdc-contract-addresses) on it.
struct Known {
    id: i64,
    name: &'static str,
    display_name: &'static str,
    vm: VmType,
    usdc: &'static str,
}

const CHAINS: [Known; 4] = [
    Known {
        id: 792_703_809,
        name: "solana",
        display_name: "Solana",
        vm: VmType::Svm,
        usdc: "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
    },
    Known {
        id: 137,
        name: "polygon",
        display_name: "Polygon",
        vm: VmType::Evm,
        usdc: "0x3c499c542cEF5E3811e1192ce70d8cC03d5c3359",
    },
    Known {
        id: 8453,
        name: "base",
        display_name: "Base",
        vm: VmType::Evm,
        usdc: "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913",
    },
    Known {
        id: 1,
        name: "ethereum",
        display_name: "Ethereum",
        vm: VmType::Evm,
        usdc: "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48",
    },
];

/// The one currency.
const USDC: &str = "USDC";

/// All that is served.
pub(crate) fn network() -> Result<Network, LiquidityFailure> {
    read_network().map_err(broken)
}

fn read_network() -> Result<Network, Rejected> {
    let joined = |from: &'static Known| CHAINS.iter().filter(move |to| to.id != from.id);
    let pairs = CHAINS
        .iter()
        .flat_map(|from| joined(from).map(move |to| (from, to)));
    Ok(Network {
        chains: CHAINS.iter().map(Known::chain).collect::<Result<_, _>>()?,
        corridors: pairs
            .map(|(from, to)| corridor(from, to))
            .collect::<Result<_, _>>()?,
        currencies: CHAINS
            .iter()
            .map(Known::currencies)
            .collect::<Result<_, _>>()?,
    })
}

fn corridor(from: &Known, to: &Known) -> Result<Corridor, Rejected> {
    Ok(Corridor {
        origin: ChainId::new(from.id)?,
        destination: ChainId::new(to.id)?,
        label: format!("{} → {}", from.display_name, to.display_name),
    })
}

impl Known {
    fn chain(&self) -> Result<Chain, Rejected> {
        Ok(Chain {
            id: ChainId::new(self.id)?,
            name: self.name.to_owned(),
            display_name: ChainName::parse(self.display_name)?,
            vm: self.vm,
        })
    }

    fn currencies(&self) -> Result<ChainCurrencies, Rejected> {
        Ok(ChainCurrencies {
            chain: ChainId::new(self.id)?,
            currencies: vec![self.usdc()?],
        })
    }

    fn usdc(&self) -> Result<Token, Rejected> {
        Ok(Token {
            symbol: CurrencyCode::parse(USDC)?,
            address: ChainAddress::parse_token(self.usdc)?,
        })
    }

    fn end(&self) -> Result<RouteEnd, Rejected> {
        Ok(RouteEnd {
            chain: ChainId::new(self.id)?,
            chain_name: ChainName::parse(self.display_name)?,
            token: self.usdc()?,
        })
    }

    /// A token goes by its symbol or by its contract; addresses of Ethereum's kind in either case of their letters.
    fn has(&self, token: &ChainAddress) -> bool {
        let token = token.as_str();
        token == USDC
            || match self.vm {
                VmType::Svm => token == self.usdc,
                VmType::Evm => token.eq_ignore_ascii_case(self.usdc),
            }
    }
}

/// The kind of a chain: Solana's, unless it is known to be of another.
pub(crate) fn vm(chain: ChainId) -> VmType {
    let known = CHAINS.iter().find(|known| known.id == chain.number());
    known.map_or(VmType::Svm, |known| known.vm)
}

/// What a route between these chains joins.
pub(crate) fn ends(
    origin: (ChainId, Option<&ChainAddress>),
    destination: (ChainId, &ChainAddress),
) -> Result<Result<(RouteEnd, RouteEnd), RouteUnserved>, LiquidityFailure> {
    let known = |chain: ChainId| CHAINS.iter().find(|known| known.id == chain.number());
    let (Some(from), Some(to)) = (known(origin.0), known(destination.0)) else {
        return Ok(Err(RouteUnserved::Corridor));
    };
    if from.id == to.id {
        return Ok(Err(RouteUnserved::Corridor));
    }
    if origin.1.is_some_and(|token| !from.has(token)) {
        return Ok(Err(RouteUnserved::OriginCurrency));
    }
    if !to.has(destination.1) {
        return Ok(Err(RouteUnserved::DestinationCurrency));
    }
    let ends = || Ok((from.end()?, to.end()?));
    ends().map(Ok).map_err(broken)
}

fn broken(_: Rejected) -> LiquidityFailure {
    LiquidityFailure::Unavailable {
        cause: "the simulated network breaks a rule".to_owned(),
    }
}
