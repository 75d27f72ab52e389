// Types of vitrine.js; what each call does is told in docs/tracker.md of Vitrine.

interface VitrineProduto {
  id_produto: string;
  /** Known again when it is sent again; a random one by default. */
  id_evento?: string;
  versao?: number;
}

interface VitrineLinha extends VitrineProduto {
  id_pedido: string;
  /** Units, a whole number. */
  quantidade: number;
  /** Of one unit, in BRL, at most two decimals. */
  preco: number | string;
}

interface VitrineOpcoes {
  /** Where events go; `/eventos?parcial=true` beside the script by default, none for a module. */
  endereco?: string;
  /** `pedir`: nothing is stored or sent before `vitrine('consentimento', true)`. */
  consentimento?: 'pedir' | 'presumido';
  /** A domain whose hosts share the visitor's id by a cookie; none by default. */
  cookie?: string;
  /** Milliseconds from an event to the request that takes it along. */
  espera?: number;
}

interface Vitrine {
  (chamada: 'clique' | 'adicao_carrinho', produto: VitrineProduto & Partial<VitrineLinha>): void;
  (chamada: 'compra', linhas: VitrineLinha | VitrineLinha[]): void;
  /** The customer of this page from now on, at most 128 characters; null is a visitor again. */
  (chamada: 'cliente', id_usuario: string | null): void;
  (chamada: 'consentimento', concedido: boolean): void;
  (chamada: 'configurar', opcoes: VitrineOpcoes): void;
  /** Calls made before the script was there. */
  q?: ArrayLike<unknown>[];
}

interface Window {
  vitrine: Vitrine;
}

declare var vitrine: Vitrine;
